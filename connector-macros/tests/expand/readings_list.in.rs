#[derive(Serialize, Datapoints)]
struct Phases(f64, f64, f64);

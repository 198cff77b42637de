#[derive(Serialize, Datapoints)]
struct Celsius(#[datapoint(unit = "°C")] f64);

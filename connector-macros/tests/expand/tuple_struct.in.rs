#[connector(nane = "room")]
struct Room(#[arg(long)] String);

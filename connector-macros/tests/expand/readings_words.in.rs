#[derive(Serialize, Datapoints)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
enum Mode {
    StandBy,
    FeedIn,
    #[datapoint(rename = "?")]
    Unknown,
    #[serde(skip)]
    Internal,
}

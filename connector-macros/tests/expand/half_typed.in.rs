#[connector]
impl Room {
    #[receive]
    async fn fetch(&self) -> Result<String> {
        let text = self.
    }

    #[parse]
    fn readings(raw: &str) -> Result<Readings> {
        serde_json::from_str(raw, Readings {
        })
    }
}

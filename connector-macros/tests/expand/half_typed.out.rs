# [allow (clippy :: needless_pass_by_value , clippy :: trivially_copy_pass_by_ref , clippy :: unnecessary_wraps , clippy :: unused_async , clippy :: unused_self)] impl Room {
    async fn fetch (& self) -> Result < String > {
        let text = self .
    }
    fn readings (raw : & str) -> Result < Readings > {
        serde_json :: from_str (raw , Readings { })
    }
}
# [automatically_derived] impl :: connector_runtime :: Connector for Room {
    type Session = () ;
    type Raw = String ;
    type Readings = Readings ;
    fn sources (& self) -> :: std :: vec :: Vec < :: connector_runtime :: Source > {
        :: std :: convert :: From :: from ([:: connector_runtime :: Source :: push ("fetch")])
    }
    fn sensors (& self) -> :: std :: vec :: Vec < :: connector_runtime :: Sensor > {
        :: connector_runtime :: __private :: Readings :: < Self :: Readings > :: NEW . sensors ()
    }
    fn flatten (& self , readings : & Self :: Readings , to : & mut :: connector_runtime :: readings :: FlatReadings ,) -> :: connector_runtime :: Result < () > {
        :: connector_runtime :: __private :: Readings :: < Self :: Readings > :: NEW . flatten (readings , to)
    }
    async fn connect (& self) -> :: connector_runtime :: Result < Self :: Session > {
        :: core :: result :: Result :: Ok (())
    }
    async fn receive (& self , _session : & Self :: Session , _source : usize ,) -> :: connector_runtime :: Result < :: core :: option :: Option < Self :: Raw >> {
        :: connector_runtime :: __private :: message (self . fetch () . await)
    }
    fn parse (& self , raw : & Self :: Raw ,) -> :: connector_runtime :: Result < :: core :: option :: Option < Self :: Readings >> {
        :: connector_runtime :: __private :: message (Self :: readings (raw))
    }
}

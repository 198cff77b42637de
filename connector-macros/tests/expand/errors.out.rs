impl Room {
    async fn fetch (& mut self) -> Result < String > {
        self .
    }
    async fn set (& self , value : f64) {
        
    }
}
:: core :: compile_error ! {
    "a connector needs a method with `#[parse]`: add `#[parse] fn readings(raw: &str) -> Result<Readings> { .. }`"
}
:: core :: compile_error ! {
    "take `&self`: receiving and sending run at the same time, so keep what changes in a `Mutex` or an atomic"
}
:: core :: compile_error ! {
    "unknown option `evry`: did you mean `every`?"
}
:: core :: compile_error ! {
    "a method with `#[send]` returns a result: write `-> Result<()>`"
}
:: core :: compile_error ! {
    "the value is a float: write `30.0..=15.0`"
}
:: core :: compile_error ! {
    "this range is empty: write `15..=30`"
}
# [automatically_derived] impl :: connector_runtime :: Connector for Room {
    type Session = () ;
    type Raw = () ;
    type Readings = () ;
    fn sources (& self) -> :: std :: vec :: Vec < :: connector_runtime :: Source > {
        :: core :: unreachable ! ()
    }
    async fn connect (& self) -> :: connector_runtime :: Result < () > {
        :: core :: unreachable ! ()
    }
    async fn receive (& self , _session : & () , _source : usize ,) -> :: connector_runtime :: Result < :: core :: option :: Option < () >> {
        :: core :: unreachable ! ()
    }
    fn parse (& self , _raw : & () ,) -> :: connector_runtime :: Result < :: core :: option :: Option < () >> {
        :: core :: unreachable ! ()
    }
}

impl Room {
    async fn fetch (& mut self) - > Result < String > {
        self .
    }
    async fn set (& self , value : f64) {
        
    }
}
: : core : : compile_error ! {
    "a connector needs a method with `#[parse]`: add `#[parse] fn readings(raw: &str) -> Result<Readings> { .. }`"
}
: : core : : compile_error ! {
    "take `&self`: receiving and sending run at the same time; what changes sits in a `Mutex` or an atomic"
}
: : core : : compile_error ! {
    "unknown option `evry`: did you mean `every`?"
}
: : core : : compile_error ! {
    "a method with `#[send]` may fail: write `async fn set(&self, value: f64) -> Result<()>`"
}
: : core : : compile_error ! {
    "the value is a float: write `30.0..=15.0`"
}

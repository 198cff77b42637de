//! A gateway whose devices answer as they should, unless they are told to misbehave.

use std::{
    collections::BTreeMap,
    io::{self, Write},
    net::{Shutdown, SocketAddr, TcpStream},
    os::fd::AsFd,
    pin::Pin,
    sync::Arc,
    time::Duration,
};

use tokio::{
    net::TcpListener,
    sync::watch,
    time::{sleep, timeout},
};
use tokio_modbus::{
    ExceptionCode, Request, Response, SlaveRequest,
    server::{
        Service,
        tcp::{Server, accept_tcp_connection},
    },
};

use crate::simulator::{Table, Tables};

/// How long anybody waits for a state.
const PATIENCE: Duration = Duration::from_mins(1);

/// How requests are answered that begin at some address.
#[derive(Debug, Clone)]
pub(crate) enum Misbehaviour {
    /// With an exception.
    Exception(ExceptionCode),
    /// With an exception, so many times.
    ExceptionTimes(ExceptionCode, usize),
    /// As it should be, but late.
    Slowness(Duration),
    /// Not at all.
    Silence,
    /// With these bytes.
    Garbage(Vec<u8>),
}

/// All that can be seen and changed.
#[derive(Debug, Default)]
pub(crate) struct State {
    tables: Tables,
    /// By unit and address.
    pub(crate) misbehaviours: BTreeMap<(u8, u16), Misbehaviour>,
    /// Every request, with its unit.
    pub(crate) requests: Vec<(u8, Request<'static>)>,
    /// How many connections were accepted.
    pub(crate) connections: usize,
    /// Connections are refused.
    pub(crate) is_off: bool,
    open: Vec<Arc<TcpStream>>,
}

/// The gateway.
pub(crate) struct Gateway {
    pub(crate) address: SocketAddr,
    state: Arc<watch::Sender<State>>,
}

impl Gateway {
    pub(crate) async fn start() -> io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let state = Arc::new(watch::Sender::new(State::default()));
        let gateway = Arc::clone(&state);
        tokio::spawn(async move {
            let on_connected = async |stream: tokio::net::TcpStream, peer| {
                let connection = Connection::new(&gateway, &stream)?;
                accept_tcp_connection(stream, peer, |_| Ok(connection.clone()))
            };
            let _ = Server::new(listener).serve(&on_connected, |_| {}).await;
        });
        Ok(Self { address, state })
    }

    /// Looks at the state, or changes it.
    pub(crate) fn with<T>(&self, action: impl FnOnce(&mut State) -> T) -> T {
        let mut result = None;
        self.state.send_modify(|state| result = Some(action(state)));
        result.expect("the action was called")
    }

    /// Fills one table of a unit from an address on.
    pub(crate) fn set(&self, unit: u8, table: Table, address: u16, values: &[u16]) {
        self.with(|state| state.tables.set(unit, table, address, values));
    }

    /// Breaks all connections.
    pub(crate) fn cut(&self) {
        self.with(|state| {
            for connection in state.open.drain(..) {
                let _ = connection.shutdown(Shutdown::Both);
            }
        });
    }

    /// Waits until the state is as wanted.
    pub(crate) async fn until(&self, is_reached: impl FnMut(&State) -> bool) {
        let mut state = self.state.subscribe();
        let waiting = timeout(PATIENCE, state.wait_for(is_reached)).await;
        drop(waiting.expect("it takes too long").expect("the gateway has the sender"));
    }

    /// Waits until a bit or register has this value.
    pub(crate) async fn until_written(&self, unit: u8, table: Table, address: u16, value: u16) {
        self.until(|state| state.tables.get(unit, table, address) == Some(value)).await;
    }
}

#[derive(Clone)]
struct Connection {
    state: Arc<watch::Sender<State>>,
    stream: Arc<TcpStream>,
}

impl Connection {
    /// None while the gateway is off.
    fn new(
        state: &Arc<watch::Sender<State>>,
        stream: &tokio::net::TcpStream,
    ) -> io::Result<Option<Self>> {
        let stream = Arc::new(TcpStream::from(stream.as_fd().try_clone_to_owned()?));
        let mut is_off = false;
        state.send_modify(|state| {
            is_off = state.is_off;
            if !is_off {
                state.connections += 1;
                state.open.push(Arc::clone(&stream));
            }
        });
        Ok((!is_off).then(|| Self { state: Arc::clone(state), stream }))
    }

    fn answer(&self, unit: u8, request: &Request<'_>) -> Result<Option<Response>, ExceptionCode> {
        let mut answer = Ok(None);
        self.state.send_modify(|state| {
            state.requests.push((unit, request.clone().into_owned()));
            answer = match state.misbehaviours.get_mut(&(unit, address(request))) {
                Some(Misbehaviour::Exception(code)) => Err(*code),
                Some(Misbehaviour::ExceptionTimes(code, times @ 1..)) => {
                    *times -= 1;
                    Err(*code)
                }
                Some(Misbehaviour::Silence) => Ok(None),
                Some(Misbehaviour::Garbage(bytes)) => {
                    let _ = (&*self.stream).write_all(bytes);
                    Ok(None)
                }
                _ => state.tables.answer(unit, request).map(Some),
            };
        });
        answer
    }

    fn slowness(&self, unit: u8, request: &Request<'_>) -> Duration {
        match self.state.borrow().misbehaviours.get(&(unit, address(request))) {
            Some(Misbehaviour::Slowness(time)) => *time,
            _ => Duration::ZERO,
        }
    }
}

fn address(request: &Request<'_>) -> u16 {
    match *request {
        Request::ReadCoils(address, _)
        | Request::ReadDiscreteInputs(address, _)
        | Request::ReadHoldingRegisters(address, _)
        | Request::ReadInputRegisters(address, _)
        | Request::WriteSingleCoil(address, _)
        | Request::WriteSingleRegister(address, _)
        | Request::WriteMultipleRegisters(address, _) => address,
        _ => 0,
    }
}

impl Service for Connection {
    type Request = SlaveRequest<'static>;
    type Response = Option<Response>;
    type Exception = ExceptionCode;
    type Future = Pin<Box<dyn Future<Output = Result<Option<Response>, ExceptionCode>> + Send>>;

    fn call(&self, SlaveRequest { slave, request }: Self::Request) -> Self::Future {
        let this = self.clone();
        Box::pin(async move {
            let answer = this.answer(slave, &request);
            sleep(this.slowness(slave, &request)).await;
            answer
        })
    }
}

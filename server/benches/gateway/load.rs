//! Plain HTTP over plain sockets: cheap enough that Envoy is what is measured.

use std::{
    net::SocketAddr,
    time::{Duration, Instant},
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    task::JoinSet,
};

use crate::BenchResult;

/// Connections that load the gateway at once.
const CONNECTIONS: usize = 16;

/// How long a route is loaded.
const LOAD_TIME: Duration = Duration::from_secs(3);

const ANSWER: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok";

/// Starts a service that answers everything with 200.
pub(crate) async fn upstream() -> BenchResult<SocketAddr> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    tokio::spawn(async move {
        while let Ok((socket, _)) = listener.accept().await {
            tokio::spawn(answer(socket));
        }
    });
    Ok(address)
}

async fn answer(mut socket: TcpStream) -> std::io::Result<()> {
    socket.set_nodelay(true)?;
    let mut buffer = Vec::with_capacity(4096);
    while socket.read_buf(&mut buffer).await? > 0 {
        if buffer.ends_with(b"\r\n\r\n") {
            socket.write_all(ANSWER).await?;
            buffer.clear();
        }
    }
    Ok(())
}

/// A kept-alive connection to the gateway.
#[derive(Debug)]
pub(crate) struct Connection {
    socket: TcpStream,
    buffer: Vec<u8>,
}

impl Connection {
    pub(crate) async fn open(gateway: SocketAddr) -> BenchResult<Self> {
        let socket = TcpStream::connect(gateway).await?;
        socket.set_nodelay(true)?;
        Ok(Self { socket, buffer: Vec::with_capacity(4096) })
    }

    /// Sends a GET and returns the status of its answer.
    pub(crate) async fn get(&mut self, path: &str) -> BenchResult<u16> {
        let request = format!("GET {path} HTTP/1.1\r\nhost: localhost\r\n\r\n");
        self.socket.write_all(request.as_bytes()).await?;
        self.buffer.clear();
        while self.socket.read_buf(&mut self.buffer).await? > 0 {
            if let Some(status) = complete(&self.buffer) {
                return Ok(status);
            }
        }
        Err("the gateway closed the connection".into())
    }
}

/// Checks a status.
pub(crate) fn must_be_ok(status: u16) -> BenchResult<()> {
    match status {
        200 => Ok(()),
        status => Err(format!("answered {status} under load").into()),
    }
}

/// Returns the status of an answer if it is there as a whole.
fn complete(answer: &[u8]) -> Option<u16> {
    let text = std::str::from_utf8(answer).ok()?;
    let (head, body) = text.split_once("\r\n\r\n")?;
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: "));
    let length: usize = length.map_or(Some(0), |length| length.trim().parse().ok())?;
    (body.len() >= length).then(|| head.get(9..12)?.parse().ok())?
}

/// Loads one route and returns its requests a second.
pub(crate) async fn requests_per_second(gateway: SocketAddr, path: &str) -> BenchResult<f64> {
    let mut loads = JoinSet::new();
    let until = Instant::now() + LOAD_TIME;
    for _ in 0..CONNECTIONS {
        let path = path.to_owned();
        loads.spawn(async move {
            let mut connection = Connection::open(gateway).await?;
            let mut answered = 0_u32;
            while Instant::now() < until {
                match connection.get(&path).await? {
                    200 => answered += 1,
                    status => return Err(format!("{path} answered {status} under load").into()),
                }
            }
            BenchResult::Ok(answered)
        });
    }
    let mut answered = 0;
    while let Some(load) = loads.join_next().await {
        answered += load??;
    }
    Ok(f64::from(answered) / LOAD_TIME.as_secs_f64())
}

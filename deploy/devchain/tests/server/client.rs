//! A client that can say what an honest one never would: HTTP and WebSocket by
//! hand over a blocking socket.

use serde_json::Value;
use std::{
    io::{self, Read, Write},
    net::{SocketAddr, TcpStream},
    time::Duration,
};

/// Longest time that any answer may take.
pub const PATIENCE: Duration = Duration::from_secs(120);

pub const TEXT: u8 = 1;
pub const BINARY: u8 = 2;
pub const CLOSE: u8 = 8;
pub const PING: u8 = 9;
pub const PONG: u8 = 10;

/// An HTTP answer.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub head: String,
    pub body: Vec<u8>,
}

impl Answer {
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|_| panic!("no JSON: {self:?}"))
    }

    /// The value of a header, by its name in small letters.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.head
            .lines()
            .filter_map(|line| line.split_once(": "))
            .find(|(other, _)| other.eq_ignore_ascii_case(name))
            .map(|(_, value)| value)
    }
}

pub fn connect(address: SocketAddr) -> TcpStream {
    let stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    stream.set_write_timeout(Some(PATIENCE)).unwrap();
    stream.set_nodelay(true).unwrap();
    stream
}

/// Sends a whole HTTP request and reads until the server closes.
pub fn exchange(address: SocketAddr, request: &[u8]) -> io::Result<Answer> {
    let mut stream = connect(address);
    // A server that refuses early may close before it has read everything.
    let _ = stream.write_all(request);
    let mut bytes = Vec::new();
    match stream.read_to_end(&mut bytes) {
        Err(error) if bytes.is_empty() => return Err(error),
        _ => {}
    }
    let end = bytes.windows(4).position(|window| window == b"\r\n\r\n");
    let end = end.ok_or_else(|| io::Error::new(io::ErrorKind::UnexpectedEof, "no whole head"))?;
    let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).expect("a status");
    Ok(Answer { status, head, body: bytes[end + 4..].to_vec() })
}

/// Sends a request with these header lines besides the necessary ones.
pub fn post_with(address: SocketAddr, headers: &[&str], body: &[u8]) -> io::Result<Answer> {
    let mut request = format!(
        "POST / HTTP/1.1\r\ncontent-type: application/json\r\ncontent-length: {}\r\nconnection: close\r\n",
        body.len()
    );
    for header in headers {
        request.push_str(header);
        request.push_str("\r\n");
    }
    request.push_str("\r\n");
    exchange(address, &[request.as_bytes(), body].concat())
}

pub fn post(address: SocketAddr, body: &[u8]) -> io::Result<Answer> {
    post_with(address, &[&format!("host: {address}")], body)
}

/// Calls a method over HTTP.
pub fn call(address: SocketAddr, method: &str, params: &Value) -> Value {
    post(address, request(1, method, params).as_bytes()).unwrap().json()
}

pub fn request(id: u64, method: &str, params: &Value) -> String {
    serde_json::json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params }).to_string()
}

/// A WebSocket.
pub struct WebSocket {
    pub stream: TcpStream,
}

impl WebSocket {
    pub fn connect(address: SocketAddr) -> Self {
        Self::connect_with(connect(address), &[&format!("host: {address}")]).unwrap()
    }

    /// Shakes hands with these header lines; the answer if it is refused.
    pub fn connect_with(mut stream: TcpStream, headers: &[&str]) -> Result<Self, Answer> {
        let mut request = "GET / HTTP/1.1\r\nupgrade: websocket\r\nconnection: upgrade\r\n\
            sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\nsec-websocket-version: 13\r\n"
            .to_owned();
        for header in headers {
            request.push_str(header);
            request.push_str("\r\n");
        }
        request.push_str("\r\n");
        stream.write_all(request.as_bytes()).unwrap();
        let mut head = Vec::new();
        let mut byte = [0];
        while !head.ends_with(b"\r\n\r\n") {
            stream.read_exact(&mut byte).unwrap();
            head.push(byte[0]);
        }
        let head = String::from_utf8(head).unwrap();
        if head.starts_with("HTTP/1.1 101") {
            return Ok(Self { stream });
        }
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        Err(Answer { status, head, body: Vec::new() })
    }

    /// Sends one frame; the mask is zero, which masks nothing.
    pub fn send_frame(&mut self, last: bool, opcode: u8, payload: &[u8]) -> io::Result<()> {
        self.stream.write_all(&[frame_head(last, opcode, payload.len() as u64), payload.to_vec()].concat())
    }

    /// Announces a frame of so many bytes.
    pub fn send_head(&mut self, last: bool, opcode: u8, length: u64) -> io::Result<()> {
        self.stream.write_all(&frame_head(last, opcode, length))
    }

    pub fn send(&mut self, text: &str) {
        self.send_frame(true, TEXT, text.as_bytes()).unwrap();
    }

    /// The next message; pings are answered.
    pub fn receive(&mut self) -> io::Result<Value> {
        loop {
            let mut head = [0; 2];
            self.stream.read_exact(&mut head)?;
            let length = match head[1] & 0x7f {
                126 => {
                    let mut length = [0; 2];
                    self.stream.read_exact(&mut length)?;
                    u64::from(u16::from_be_bytes(length))
                }
                127 => {
                    let mut length = [0; 8];
                    self.stream.read_exact(&mut length)?;
                    u64::from_be_bytes(length)
                }
                length => u64::from(length),
            };
            let mut payload = vec![0; usize::try_from(length).unwrap()];
            self.stream.read_exact(&mut payload)?;
            match head[0] & 0x0f {
                PING => self.send_frame(true, PONG, &payload)?,
                PONG => {}
                CLOSE => return Err(io::Error::new(io::ErrorKind::ConnectionAborted, "closed by the server")),
                _ => return Ok(serde_json::from_slice(&payload).expect("the server sends JSON")),
            }
        }
    }

    /// The answer to request `id`; what comes before it is passed over.
    pub fn receive_answer(&mut self, id: u64) -> io::Result<Value> {
        loop {
            let message = self.receive()?;
            if message["id"] == id {
                return Ok(message);
            }
        }
    }

    pub fn call(&mut self, method: &str, params: &Value) -> Value {
        self.send(&request(77, method, params));
        self.receive_answer(77).unwrap()
    }

    /// The next header of a subscription to heads, as its number.
    pub fn receive_number(&mut self) -> io::Result<u64> {
        let message = self.receive()?;
        let number = message["params"]["result"]["number"].as_str().unwrap_or_else(|| panic!("no head: {message}"));
        Ok(u64::from_str_radix(number.trim_start_matches("0x"), 16).unwrap())
    }
}

fn frame_head(last: bool, opcode: u8, length: u64) -> Vec<u8> {
    let mut head = vec![opcode | if last { 0x80 } else { 0 }];
    match length {
        0..=125 => head.push(0x80 | length as u8),
        126..=0xffff => {
            head.push(0x80 | 126);
            head.extend((length as u16).to_be_bytes());
        }
        _ => {
            head.push(0x80 | 127);
            head.extend(length.to_be_bytes());
        }
    }
    head.extend([0; 4]);
    head
}

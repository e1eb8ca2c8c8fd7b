//! An HTTP client that does what curl does, and keeps cookies as a browser would.

use std::{
    io::{self, Read as _, Write as _},
    net::{IpAddr, Ipv4Addr, SocketAddr, TcpStream},
    time::Duration,
};

use serde_json::Value;
use socket2::{Domain, Socket, Type};

/// One person's client.
#[derive(Clone)]
pub struct Client {
    port: u16,
    /// The address it comes from: limits count by network.
    from: Ipv4Addr,
    cookies: Vec<Cookie>,
}

#[derive(Clone, Debug)]
struct Cookie {
    name: String,
    value: String,
    path: String,
}

/// What came back.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: String,
}

impl Answer {
    /// The header's value.
    pub fn header(&self, name: &str) -> Option<&str> {
        let found = self.headers.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| value.as_str())
    }

    /// The body as JSON; null where there is none.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or(Value::Null)
    }

    /// The kind of a refusal.
    pub fn kind(&self) -> String {
        self.json()["kind"].as_str().unwrap_or("").to_owned()
    }
}

impl Client {
    pub fn new(port: u16) -> Self {
        Self::from(port, Ipv4Addr::LOCALHOST)
    }

    /// A client in some other network of this machine.
    pub fn from(port: u16, from: Ipv4Addr) -> Self {
        Self { port, from, cookies: Vec::new() }
    }

    /// Forgets its cookies.
    pub fn forget(&mut self) {
        self.cookies.clear();
    }

    /// The value of a cookie it holds.
    pub fn cookie(&self, name: &str) -> Option<&str> {
        let found = self.cookies.iter().find(|cookie| cookie.name == name);
        found.map(|cookie| cookie.value.as_str())
    }

    pub fn get(&mut self, path: &str) -> Answer {
        self.send("GET", path, &[], "")
    }

    /// A call of the JSON API, without the `/auth/api` in front.
    pub fn call(&mut self, method: &str, path: &str, body: &Value) -> Answer {
        self.try_call(method, path, body).expect("an answer")
    }

    /// The same, where the server may die meanwhile.
    pub fn try_call(&mut self, method: &str, path: &str, body: &Value) -> io::Result<Answer> {
        let path = format!("/auth/api{path}");
        if body.is_null() {
            return self.try_send(method, &path, &[], "");
        }
        self.try_send(method, &path, &[("content-type", "application/json")], &body.to_string())
    }

    /// A form, sent as a page sends it.
    pub fn form(&mut self, path: &str, fields: &str) -> Answer {
        self.send("POST", path, &[("content-type", "application/x-www-form-urlencoded")], fields)
    }

    pub fn send(
        &mut self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &str,
    ) -> Answer {
        self.try_send(method, path, headers, body).expect("an answer")
    }

    pub fn try_send(
        &mut self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: &str,
    ) -> io::Result<Answer> {
        let mut request = format!("{method} {path} HTTP/1.1\r\nconnection: close\r\n");
        let mut add = |name: &str, value: &str| request.push_str(&format!("{name}: {value}\r\n"));
        if !headers.iter().any(|(name, _)| *name == "host") {
            add("host", &format!("localhost:{}", self.port));
        }
        let bare = path.split('?').next().unwrap_or("");
        for cookie in self.cookies.iter().filter(|cookie| bare.starts_with(&cookie.path)) {
            add("cookie", &format!("{}={}", cookie.name, cookie.value));
        }
        for (name, value) in headers {
            add(name, value);
        }
        if !body.is_empty() || method != "GET" {
            add("content-length", &body.len().to_string());
        }
        request.push_str("\r\n");
        request.push_str(body);

        let mut stream = self.connect()?;
        stream.write_all(request.as_bytes())?;
        let answer = read(&mut stream, method)?;
        self.keep(&answer);
        Ok(answer)
    }

    fn connect(&self) -> io::Result<TcpStream> {
        let socket = Socket::new(Domain::IPV4, Type::STREAM, None)?;
        // Where nobody listens yet, a port of this machine's choice could be that very one.
        if self.from != Ipv4Addr::LOCALHOST {
            socket.bind(&SocketAddr::new(IpAddr::V4(self.from), 0).into())?;
        }
        let server = SocketAddr::new(Ipv4Addr::LOCALHOST.into(), self.port);
        socket.connect_timeout(&server.into(), Duration::from_secs(5))?;
        socket.set_read_timeout(Some(Duration::from_secs(30)))?;
        let stream = TcpStream::from(socket);
        if stream.local_addr()? == stream.peer_addr()? {
            // Connected to itself, which TCP allows.
            return Err(io::ErrorKind::ConnectionRefused.into());
        }
        Ok(stream)
    }

    fn keep(&mut self, answer: &Answer) {
        for (_, line) in answer.headers.iter().filter(|(name, _)| name == "set-cookie") {
            let mut parts = line.split("; ");
            let (name, value) =
                parts.next().and_then(|pair| pair.split_once('=')).expect("a cookie");
            let attributes: Vec<(&str, &str)> =
                parts.map(|part| part.split_once('=').unwrap_or((part, ""))).collect();
            let of = |wanted: &str| {
                let found = attributes.iter().find(|(name, _)| name.eq_ignore_ascii_case(wanted));
                found.map(|(_, value)| (*value).to_owned())
            };
            let path = of("path").unwrap_or_else(|| "/".into());
            self.cookies.retain(|cookie| cookie.name != name || cookie.path != path);
            if of("max-age").as_deref() != Some("0") {
                self.cookies.push(Cookie { name: name.into(), value: value.into(), path });
            }
        }
    }
}

/// Reads one answer: up to the length it names, since not every server hangs up.
fn read(stream: &mut TcpStream, method: &str) -> io::Result<Answer> {
    let cut = || io::Error::from(io::ErrorKind::UnexpectedEof);
    let (mut raw, mut some) = (Vec::new(), [0; 16 * 1024]);
    loop {
        let count = stream.read(&mut some)?;
        raw.extend_from_slice(&some[..count]);
        let answer = parse(&raw);
        let whole = answer.as_ref().is_some_and(|answer| {
            let length = answer.header("content-length").and_then(|length| length.parse().ok());
            method == "HEAD"
                || length.map_or(count == 0, |length: usize| answer.body.len() >= length)
        });
        if whole {
            return answer.ok_or_else(cut);
        }
        if count == 0 {
            return Err(cut());
        }
    }
}

fn parse(raw: &[u8]) -> Option<Answer> {
    let (head, body) = std::str::from_utf8(raw).ok()?.split_once("\r\n\r\n")?;
    let mut lines = head.lines();
    let status = lines.next()?.split(' ').nth(1)?.parse().ok()?;
    let headers = lines.filter_map(|line| line.split_once(':'));
    let headers = headers.map(|(name, value)| (name.to_ascii_lowercase(), value.trim().to_owned()));
    Some(Answer { status, headers: headers.collect(), body: body.to_owned() })
}

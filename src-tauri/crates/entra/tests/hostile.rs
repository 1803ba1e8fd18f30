//! Every hostile callback that is known, one after another at the same listener: each is answered as designed, none of
//! them ends or poisons the wait, and the true callback afterwards is taken within a second.

#![expect(clippy::unwrap_used, reason = "the functions that tests share are tests too")]

use std::net::Ipv4Addr;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use entra::{Answer, Attempt, CallbackFault, Catcher, CatcherEvent, RedirectUri, StateFault};
use secrecy::ExposeSecret;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinHandle;

const PATH: &str = "/SiemMsspConnector";
const FORM: &str = "application/x-www-form-urlencoded";
/// The true callback is taken within this, whatever came before.
const SOON: Duration = Duration::from_secs(1);

/// A sign-in that waits, and what it has noticed so far.
struct Sitting {
    port: u16,
    state: String,
    events: Arc<Mutex<Vec<CatcherEvent>>>,
    task: JoinHandle<Answer>,
}

impl Sitting {
    async fn begin() -> Self {
        let mut catcher =
            Catcher::bind(&RedirectUri::parse("http://localhost/SiemMsspConnector").unwrap()).await.unwrap();
        let mut attempt = Attempt::begin(Attempt::LIFETIME).unwrap();
        let (port, state) = (catcher.port(), attempt.state().expose_secret().to_owned());
        let events = Arc::<Mutex<Vec<CatcherEvent>>>::default();
        let noticed = Arc::clone(&events);
        let task = tokio::spawn(async move {
            let sign_in = "https://login.example/authorize".parse().unwrap();
            let mut note = move |event| noticed.lock().unwrap().push(event);
            catcher.wait(&mut attempt, &sign_in, &mut note).await.unwrap()
        });
        Self { port, state, events, task }
    }

    async fn send(&self, bytes: &[u8]) -> String {
        let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, self.port)).await.unwrap();
        // The other side may hang up before it has read everything.
        let _ = stream.write_all(bytes).await;
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer).await;
        String::from_utf8_lossy(&answer).into_owned()
    }

    fn request(&self, method: &str, target: &[u8], headers: &str, body: &[u8]) -> Vec<u8> {
        let mut bytes = format!("{method} ").into_bytes();
        bytes.extend_from_slice(target);
        bytes
            .extend_from_slice(format!(" HTTP/1.1\r\nHost: localhost:{}\r\n{headers}", self.port).as_bytes());
        if !body.is_empty() {
            bytes.extend_from_slice(format!("Content-Length: {}\r\n", body.len()).as_bytes());
        }
        bytes.extend_from_slice(b"\r\n");
        bytes.extend_from_slice(body);
        bytes
    }

    fn get(&self, target: &str) -> Vec<u8> {
        self.request("GET", target.as_bytes(), "", b"")
    }

    fn post(&self, body: &[u8]) -> Vec<u8> {
        self.request("POST", PATH.as_bytes(), &format!("Content-Type: {FORM}\r\n"), body)
    }

    fn truth(&self) -> String {
        format!("{PATH}?code=the-code&state={}", self.state)
    }

    /// Sends the true callback and insists that it is taken soon.
    async fn end(self, after: &str) {
        let started = Instant::now();
        let response = self.send(&self.get(&self.truth())).await;
        assert!(response.starts_with("HTTP/1.1 303"), "after {after}: {response}");
        let answer = tokio::time::timeout(SOON, self.task).await.unwrap().unwrap();
        let Answer::Code(code) = answer else { panic!("after {after}: {answer:?}") };
        assert_eq!(code.expose_secret(), "the-code", "after {after}");
        assert!(started.elapsed() < SOON, "after {after}: {:?}", started.elapsed());
    }
}

/// What one hostile request is answered with.
enum Answered {
    /// This status.
    Status(&'static str),
    /// This status, and the fault is noticed.
    Refused(CallbackFault),
    /// Any status but "see other", or nothing at all: the bytes are no request, or too many.
    Dropped,
    /// Nothing, and this is noticed.
    Noticed(CatcherEvent),
}

type Case = (&'static str, fn(&Sitting) -> Vec<u8>, Answered);

/// One request a case.
fn table() -> Vec<Case> {
    use Answered::{Dropped, Noticed, Refused, Status};
    let wrong = CallbackFault::State(StateFault::Wrong);
    vec![
        ("a wrong state", |s| s.get(&format!("{PATH}?code=x&state=guess")), Refused(wrong)),
        (
            "a state that is a part of the true one",
            |s| s.get(&format!("{PATH}?code=x&state={}", &s.state[1..])),
            Refused(wrong),
        ),
        ("an empty state", |s| s.get(&format!("{PATH}?code=x&state=")), Refused(wrong)),
        ("no state", |s| s.get(&format!("{PATH}?code=x")), Refused(CallbackFault::NoState)),
        (
            "a state twice",
            |s| s.get(&format!("{PATH}?code=x&state={0}&state={0}", s.state)),
            Refused(CallbackFault::Duplicate("state")),
        ),
        (
            "a code twice",
            |s| s.get(&format!("{PATH}?code=x&code=y&state={}", s.state)),
            Refused(CallbackFault::Duplicate("code")),
        ),
        (
            "a second code under an escaped name",
            |s| s.get(&format!("{PATH}?code=x&%63ode=y&state={}", s.state)),
            Refused(CallbackFault::Duplicate("code")),
        ),
        (
            "an error without a state",
            |s| s.get(&format!("{PATH}?error=access_denied")),
            Refused(CallbackFault::NoState),
        ),
        (
            "an error with a wrong state",
            |s| s.get(&format!("{PATH}?error=access_denied&state=guess")),
            Refused(wrong),
        ),
        (
            "a posted error without a state",
            |s| s.post(b"error=access_denied"),
            Refused(CallbackFault::NoState),
        ),
        (
            "a code and an error",
            |s| s.get(&format!("{PATH}?code=x&error=y&state={}", s.state)),
            Refused(CallbackFault::NoAnswer),
        ),
        (
            "neither code nor error",
            |s| s.get(&format!("{PATH}?state={}", s.state)),
            Refused(CallbackFault::NoAnswer),
        ),
        ("nothing at all", |s| s.get(PATH), Refused(CallbackFault::NoState)),
        (
            "a bad percent escape in the code",
            |s| s.get(&format!("{PATH}?code=a%2&state={}", s.state)),
            Refused(CallbackFault::Malformed("code")),
        ),
        (
            "a bad percent escape in the state",
            |s| s.get(&format!("{PATH}?code=x&state={}%zz", s.state)),
            Refused(CallbackFault::Malformed("state")),
        ),
        (
            "an escaped non-UTF-8 code",
            |s| s.get(&format!("{PATH}?code=%ff%fe&state={}", s.state)),
            Refused(CallbackFault::Malformed("code")),
        ),
        (
            "a posted non-UTF-8 code",
            |s| s.post(&[b"code=\xff\xc0&state=", s.state.as_bytes()].concat()),
            Refused(CallbackFault::Malformed("code")),
        ),
        (
            "raw non-UTF-8 in the query",
            |s| s.request("GET", &[PATH.as_bytes(), b"?code=\xff\xc0&state=guess"].concat(), "", b""),
            Dropped,
        ),
        (
            "a NUL in the query",
            |s| {
                s.request(
                    "GET",
                    &[PATH.as_bytes(), b"?code=\x00&state=", s.state.as_bytes()].concat(),
                    "",
                    b"",
                )
            },
            Dropped,
        ),
        ("the favicon", |s| s.get("/favicon.ico"), Status("404")),
        ("a path in other capitals", |s| s.get(&s.truth().replace("Siem", "siem")), Status("404")),
        ("a path with a slash at its end", |s| s.get(&s.truth().replace('?', "/?")), Status("404")),
        ("a path with a double slash", |s| s.get(&format!("/{}", s.truth())), Status("404")),
        ("a path with an escaped letter", |s| s.get(&s.truth().replace("/S", "/%53")), Status("404")),
        ("a path that climbs", |s| s.get(&s.truth().replace("/S", "/x/../S")), Status("404")),
        ("a path with a parameter", |s| s.get(&s.truth().replace('?', ";x=1?")), Status("404")),
        ("a longer path", |s| s.get(&s.truth().replace('?', "x?")), Status("404")),
        ("another path", |s| s.get(&format!("/other?code=x&state={}", s.state)), Status("404")),
        ("the root with an answer", |s| s.get(&format!("/?code=x&state={}", s.state)), Status("302")),
        (
            "a foreign host",
            |s| format!("GET {} HTTP/1.1\r\nHost: evil.example\r\n\r\n", s.truth()).into_bytes(),
            Status("421"),
        ),
        (
            "a foreign host with our port",
            |s| {
                format!("GET {} HTTP/1.1\r\nHost: localhost.evil.example:{}\r\n\r\n", s.truth(), s.port)
                    .into_bytes()
            },
            Status("421"),
        ),
        (
            "another port",
            |s| format!("GET {} HTTP/1.1\r\nHost: localhost:1\r\n\r\n", s.truth()).into_bytes(),
            Status("421"),
        ),
        ("no host", |s| format!("GET {} HTTP/1.1\r\n\r\n", s.truth()).into_bytes(), Status("421")),
        (
            "two hosts",
            |s| {
                format!(
                    "GET {} HTTP/1.1\r\nHost: localhost:{}\r\nHost: evil.example\r\n\r\n",
                    s.truth(),
                    s.port
                )
                .into_bytes()
            },
            Status("421"),
        ),
        (
            "a proxy's request for another host",
            |s| {
                format!("GET http://evil.example{} HTTP/1.1\r\nHost: evil.example\r\n\r\n", s.truth())
                    .into_bytes()
            },
            Status("421"),
        ),
        ("HEAD", |s| s.request("HEAD", s.truth().as_bytes(), "", b""), Status("405")),
        ("PUT", |s| s.request("PUT", s.truth().as_bytes(), "", b""), Status("405")),
        (
            "OPTIONS",
            |s| {
                s.request(
                    "OPTIONS",
                    s.truth().as_bytes(),
                    "Access-Control-Request-Private-Network: true\r\n",
                    b"",
                )
            },
            Status("405"),
        ),
        (
            "CONNECT",
            |s| format!("CONNECT localhost:{0} HTTP/1.1\r\nHost: localhost:{0}\r\n\r\n", s.port).into_bytes(),
            Dropped,
        ),
        (
            "a body of JSON",
            |s| s.request("POST", PATH.as_bytes(), "Content-Type: application/json\r\n", b"{\"code\":\"x\"}"),
            Status("415"),
        ),
        ("a body without a type", |s| s.request("POST", PATH.as_bytes(), "", b"code=x"), Status("415")),
        (
            "a body that is cut",
            |s| {
                format!("POST {PATH} HTTP/1.1\r\nHost: localhost:{}\r\nContent-Type: {FORM}\r\nContent-Length: 5\r\n\r\ncode=x", s.port).into_bytes()
            },
            Refused(CallbackFault::NoState),
        ),
        (
            "a body of 64 KiB and more",
            |s| {
                s.post(
                    &[b"code=".as_slice(), &vec![b'x'; 64 * 1024], b"&state=", s.state.as_bytes()].concat(),
                )
            },
            Dropped,
        ),
        (
            "a body of two lengths",
            |s| {
                format!("POST {PATH} HTTP/1.1\r\nHost: localhost:{}\r\nContent-Type: {FORM}\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\ncode=x", s.port).into_bytes()
            },
            Dropped,
        ),
        (
            "headers of 16 KiB and more",
            |s| s.request("GET", s.truth().as_bytes(), &format!("X: {}\r\n", "x".repeat(16 * 1024)), b""),
            Dropped,
        ),
        (
            "a query of 16 KiB and more",
            |s| s.get(&format!("{PATH}?x={}&code=x&state={}", "x".repeat(16 * 1024), s.state)),
            Dropped,
        ),
        (
            "a thousand headers",
            |s| s.request("GET", s.truth().as_bytes(), &"X: y\r\n".repeat(1000), b""),
            Dropped,
        ),
        (
            "a TLS ClientHello",
            |_| vec![0x16, 3, 1, 2, 0, 1, 0, 1, 0xfc, 3, 3, 0, 0, 0, 0, 0],
            Noticed(CatcherEvent::TlsSpoken),
        ),
        ("one byte of a ClientHello", |_| vec![0x16], Noticed(CatcherEvent::TlsSpoken)),
        (
            "the preface of HTTP/2",
            |_| b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0".to_vec(),
            Noticed(CatcherEvent::Http2Spoken),
        ),
        (
            "a WebSocket at the redirect's path",
            |s| {
                s.request("GET", s.truth().as_bytes(), "Connection: Upgrade\r\nUpgrade: WebSocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n", b"")
            },
            Status("400"),
        ),
        (
            "a prefetch of the true callback",
            |s| s.request("GET", s.truth().as_bytes(), "Sec-Purpose: prefetch;prerender\r\n", b""),
            Status("503"),
        ),
        (
            "a prefetch as Safari writes it",
            |s| s.request("GET", s.truth().as_bytes(), "Purpose: prefetch\r\n", b""),
            Status("503"),
        ),
        ("no HTTP", |_| b"\x00\x01\x02".to_vec(), Dropped),
        ("HTTP of version 0.9", |_| b"GET /SiemMsspConnector\r\n".to_vec(), Dropped),
        ("HTTP of another version", |_| b"GET / HTTP/9.9\r\n\r\n".to_vec(), Dropped),
        ("a P and nothing more", |_| b"P".to_vec(), Dropped),
        ("nothing but the end", |_| Vec::new(), Dropped),
    ]
}

async fn check(sitting: &Sitting, (name, bytes, answered): &Case) {
    let bytes = bytes(sitting);
    // What is no whole request is ended by its sender.
    let response = {
        let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, sitting.port)).await.unwrap();
        let _ = stream.write_all(&bytes).await;
        if matches!(answered, Answered::Dropped) {
            let _ = stream.shutdown().await;
        }
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer).await;
        String::from_utf8_lossy(&answer).into_owned()
    };
    assert!(
        !response.contains(&sitting.state) && !response.contains("guess"),
        "{name} is echoed: {response}"
    );
    let noticed = sitting.events.lock().unwrap().last().copied();
    match answered {
        Answered::Status(status) => {
            assert!(response.starts_with(&format!("HTTP/1.1 {status}")), "{name}: {response}");
        }
        Answered::Refused(fault) => {
            assert!(response.starts_with("HTTP/1.1 400"), "{name}: {response}");
            assert_eq!(noticed, Some(CatcherEvent::NotAnAnswer(*fault)), "{name}");
        }
        Answered::Dropped => assert!(
            !response.starts_with("HTTP/1.1 2") && !response.starts_with("HTTP/1.1 3"),
            "{name}: {response}"
        ),
        Answered::Noticed(event) => {
            assert_eq!(response, "", "{name}");
            assert_eq!(noticed, Some(*event), "{name}");
        }
    }
    assert!(!sitting.task.is_finished(), "{name} ended the wait");
}

#[tokio::test]
async fn each_hostile_callback_is_answered_as_designed_and_the_true_one_still_works() {
    for case in table() {
        let sitting = Sitting::begin().await;
        check(&sitting, &case).await;
        sitting.end(case.0).await;
    }
}

#[tokio::test]
async fn all_hostile_callbacks_together_do_not_keep_the_true_one_out() {
    let sitting = Sitting::begin().await;
    for case in table() {
        check(&sitting, &case).await;
    }
    sitting.end("all of them").await;
}

#[tokio::test]
async fn a_storm_of_favicons_and_prefetches_passes_by() {
    let sitting = Sitting::begin().await;
    let prefetch = sitting.request("GET", sitting.truth().as_bytes(), "Sec-Purpose: prefetch\r\n", b"");
    let storm = (0..300).map(|number| {
        let bytes = match number % 3 {
            0 => sitting.get("/favicon.ico"),
            1 => sitting.get("/apple-touch-icon.png"),
            _ => prefetch.clone(),
        };
        let sitting = &sitting;
        async move { sitting.send(&bytes).await }
    });
    for response in futures_util::future::join_all(storm).await {
        // In a crowd the oldest connection makes room, and says nothing.
        let known = ["HTTP/1.1 404", "HTTP/1.1 503"].iter().any(|status| response.starts_with(status));
        assert!(known || response.is_empty(), "{response}");
    }
    sitting.end("the storm").await;
}

#[tokio::test]
async fn two_hundred_slow_connections_do_not_keep_the_true_callback_out() {
    let sitting = Sitting::begin().await;
    let mut crowd = Vec::new();
    for number in 0..200 {
        let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, sitting.port)).await.unwrap();
        let beginning: &[u8] = match number % 4 {
            0 => b"",
            1 => b"P",
            2 => b"GET /SiemMsspConnector?code=slow",
            _ => b"POST /SiemMsspConnector HTTP/1.1\r\nHost: localhost\r\nContent-Length: 60000\r\n\r\nc",
        };
        let _ = stream.write_all(beginning).await;
        crowd.push(stream);
    }
    sitting.end("200 slow connections").await;
    drop(crowd);
}

#[tokio::test]
async fn a_callback_that_was_answered_is_not_answered_again() {
    let mut catcher =
        Catcher::bind(&RedirectUri::parse("http://localhost/SiemMsspConnector").unwrap()).await.unwrap();
    let mut attempt = Attempt::begin(Attempt::LIFETIME).unwrap();
    let (port, state) = (catcher.port(), attempt.state().expose_secret().to_owned());
    let sign_in = "https://login.example/authorize".parse().unwrap();
    let say = |code: &'static str| {
        let target = format!("{PATH}?code={code}&state={state}");
        async move {
            let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await.unwrap();
            let request = format!("GET {target} HTTP/1.1\r\nHost: localhost:{port}\r\n\r\n");
            stream.write_all(request.as_bytes()).await.unwrap();
            let mut answer = Vec::new();
            let _ = stream.read_to_end(&mut answer).await;
            String::from_utf8_lossy(&answer).into_owned()
        }
    };
    let mut ignore = |_| {};
    let (answer, first) = tokio::join!(catcher.wait(&mut attempt, &sign_in, &mut ignore), say("first"));
    assert!(matches!(answer.unwrap(), Answer::Code(code) if code.expose_secret() == "first"));
    assert!(first.starts_with("HTTP/1.1 303"));
    let ((), replayed) = tokio::join!(catcher.farewell(), say("replayed"));
    assert!(replayed.starts_with("HTTP/1.1 400"), "{replayed}");
}

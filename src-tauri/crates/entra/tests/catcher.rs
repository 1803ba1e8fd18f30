//! The loopback listener, knocked at over real sockets by browsers, scanners and worse.

#![expect(clippy::unwrap_used, reason = "the functions that tests share are tests too")]

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use entra::{Answer, Attempt, CallbackFault, Catcher, CatcherError, CatcherEvent, RedirectUri, StateFault};
use secrecy::ExposeSecret;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use url::Url;

const SIGN_IN: &str = "https://login.example/tenant/oauth2/v2.0/authorize?state=x";

struct Wait {
    port: u16,
    state: String,
    task: tokio::task::JoinHandle<(Result<Answer, CatcherError>, Catcher, Vec<CatcherEvent>)>,
}

impl Wait {
    async fn begin(registered: &str) -> Self {
        let mut catcher = Catcher::bind(&RedirectUri::parse(registered).unwrap()).await.unwrap();
        let mut attempt = Attempt::begin(Attempt::LIFETIME).unwrap();
        let port = catcher.port();
        let state = attempt.state().expose_secret().to_owned();
        let task = tokio::spawn(async move {
            let mut events = Vec::new();
            let sign_in: Url = SIGN_IN.parse().unwrap();
            let answer = catcher.wait(&mut attempt, &sign_in, &mut |event| events.push(event)).await;
            (answer, catcher, events)
        });
        Self { port, state, task }
    }

    async fn usual() -> Self {
        Self::begin("http://localhost/SiemMsspConnector").await
    }

    /// Sends bytes and reads until the other side closes.
    async fn raw(&self, bytes: &[u8]) -> String {
        say((Ipv4Addr::LOCALHOST, self.port).into(), bytes).await
    }

    async fn get(&self, target: &str) -> String {
        self.raw(format!("GET {target} HTTP/1.1\r\nHost: localhost:{}\r\n\r\n", self.port).as_bytes()).await
    }

    async fn post(&self, target: &str, kind: &str, body: &str) -> String {
        let head = format!(
            "POST {target} HTTP/1.1\r\nHost: localhost:{}\r\nContent-Type: {kind}\r\nContent-Length: {}\r\n\r\n{body}",
            self.port,
            body.len()
        );
        self.raw(head.as_bytes()).await
    }

    fn true_target(&self) -> String {
        format!("/SiemMsspConnector?code=the-code&state={}", self.state)
    }

    /// Sends the true answer and returns what came of the wait.
    async fn end(self) -> (Answer, Catcher, Vec<CatcherEvent>) {
        let response = self.get(&self.true_target()).await;
        assert!(response.starts_with("HTTP/1.1 303"), "{response}");
        let (answer, catcher, events) = self.task.await.unwrap();
        (answer.unwrap(), catcher, events)
    }
}

async fn say(address: SocketAddr, bytes: &[u8]) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    // The other side may hang up before it has read everything.
    let _ = stream.write_all(bytes).await;
    let mut answer = Vec::new();
    let _ = stream.read_to_end(&mut answer).await;
    String::from_utf8_lossy(&answer).into_owned()
}

fn header<'r>(response: &'r str, name: &str) -> Option<&'r str> {
    let head = response.split("\r\n\r\n").next()?;
    head.lines().find_map(|line| {
        let (key, value) = line.split_once(": ")?;
        key.eq_ignore_ascii_case(name).then_some(value)
    })
}

fn code_of(answer: Answer) -> String {
    let Answer::Code(code) = answer else { panic!("{answer:?}") };
    code.expose_secret().to_owned()
}

#[tokio::test]
async fn the_code_is_caught_and_leaves_the_address_bar() {
    let wait = Wait::usual().await;
    let response = wait.get(&wait.true_target()).await;
    assert!(response.starts_with("HTTP/1.1 303"), "{response}");
    assert_eq!(header(&response, "location"), Some("/SiemMsspConnector/received"));
    assert!(!response.contains("the-code"));

    let port = wait.port;
    let (answer, catcher, events) = wait.task.await.unwrap();
    assert_eq!(code_of(answer.unwrap()), "the-code");
    assert_eq!(events, [CatcherEvent::Contact]);

    let farewell = tokio::spawn(catcher.farewell());
    let request = format!(
        "GET /SiemMsspConnector/received HTTP/1.1\r\nHost: localhost:{port}\r\nAccept-Language: ko\r\n\r\n"
    );
    let page = say((Ipv4Addr::LOCALHOST, port).into(), request.as_bytes()).await;
    assert!(page.starts_with("HTTP/1.1 200"), "{page}");
    assert!(page.contains("lang=\"ko\"") && !page.contains("<script"));
    assert!(header(&page, "content-security-policy").unwrap().starts_with("default-src 'none'"));
    assert_eq!(header(&page, "cache-control"), Some("no-store"));
    assert_eq!(header(&page, "referrer-policy"), Some("no-referrer"));
    farewell.await.unwrap();
    assert!(TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await.is_err(), "the port is free again");
}

#[tokio::test]
async fn whoever_reloads_the_answer_reads_that_it_was_received_already() {
    for (registered, fixed) in [("http://localhost/SiemMsspConnector", false), ("", true)] {
        // A port that was free a moment ago, as a registration could name it.
        let free =
            std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap().port();
        let own = format!("http://localhost:{free}/SiemMsspConnector");
        let wait = Wait::begin(if fixed { &own } else { registered }).await;
        let (port, target) = (wait.port, wait.true_target());
        let (_, catcher, _) = wait.end().await;
        let farewell = tokio::spawn(catcher.farewell());
        let again = async |target: &str| {
            let request = format!("GET {target} HTTP/1.1\r\nHost: localhost:{port}\r\n\r\n");
            say((Ipv4Addr::LOCALHOST, port).into(), request.as_bytes()).await
        };
        let page = again(&target).await;
        assert!(page.contains("This sign-in was received already"), "{page}");
        assert!(!page.contains("the-code") && !page.starts_with("HTTP/1.1 200"), "{page}");
        let guessed = again("/SiemMsspConnector?code=x&state=guess").await;
        assert!(guessed.contains("This is not the answer"), "{guessed}");
        assert!(again("/SiemMsspConnector/received").await.starts_with("HTTP/1.1 200"));
        if fixed {
            farewell.await.unwrap();
            assert!(
                TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await.is_err(),
                "free for the next sign-in"
            );
        } else {
            let page = again(&target).await;
            assert!(page.contains("This sign-in was received already"), "also behind the page: {page}");
        }
    }
}

#[tokio::test]
async fn either_address_family_may_bring_the_answer() {
    let wait = Wait::usual().await;
    let Ok(_) = TcpStream::connect((Ipv6Addr::LOCALHOST, wait.port)).await else { return };
    let request = format!("GET {} HTTP/1.1\r\nHost: [::1]:{}\r\n\r\n", wait.true_target(), wait.port);
    let response = say((Ipv6Addr::LOCALHOST, wait.port).into(), request.as_bytes()).await;
    assert!(response.starts_with("HTTP/1.1 303"), "{response}");
    assert_eq!(code_of(wait.task.await.unwrap().0.unwrap()), "the-code");
}

#[tokio::test]
async fn a_posted_form_is_an_answer_too() {
    let wait = Wait::usual().await;
    let form = format!("code=posted&state={}&session_state=x", wait.state);
    let response =
        wait.post("/SiemMsspConnector", "application/x-www-form-urlencoded; charset=UTF-8", &form).await;
    assert!(response.starts_with("HTTP/1.1 303"), "{response}");
    assert_eq!(code_of(wait.task.await.unwrap().0.unwrap()), "posted");
}

#[tokio::test]
async fn a_refusal_with_the_right_state_ends_the_wait() {
    let wait = Wait::usual().await;
    let response = wait
        .get(&format!(
            "/SiemMsspConnector?error=access_denied&error_description=AADSTS65004%3a+%3Cscript%3E&state={}",
            wait.state
        ))
        .await;
    assert!(response.starts_with("HTTP/1.1 303") && !response.contains("script"), "{response}");
    let answer = wait.task.await.unwrap().0.unwrap();
    let Answer::Refused(refusal) = answer else { panic!("{answer:?}") };
    assert_eq!(refusal.problem(), "consent-declined");
}

#[tokio::test]
async fn wrong_state_does_not_end_the_flow() {
    let wait = Wait::usual().await;
    for (target, status) in [
        ("/SiemMsspConnector?code=forged&state=guess".to_owned(), "400"),
        ("/SiemMsspConnector?code=forged".to_owned(), "400"),
        ("/SiemMsspConnector?error=access_denied&state=guess".to_owned(), "400"),
        ("/SiemMsspConnector".to_owned(), "400"),
        (format!("/SiemMsspConnector?code=a&code=b&state={}", wait.state), "400"),
        (format!("/SiemMsspConnector?code=a&state={0}&state={0}", wait.state), "400"),
        (format!("/SiemMsspConnector?state={}", wait.state), "400"),
    ] {
        let response = wait.get(&target).await;
        assert!(response.starts_with(&format!("HTTP/1.1 {status}")), "{target}: {response}");
        assert!(!response.contains("guess") && !response.contains(&wait.state));
    }
    let (answer, _, events) = wait.end().await;
    assert_eq!(code_of(answer), "the-code");
    let faults: Vec<_> = events
        .iter()
        .filter_map(|event| match event {
            CatcherEvent::NotAnAnswer(fault) => Some(*fault),
            CatcherEvent::Contact
            | CatcherEvent::TlsSpoken
            | CatcherEvent::Http2Spoken
            | CatcherEvent::WebSocketAsked => None,
        })
        .collect();
    assert_eq!(
        faults,
        [
            CallbackFault::State(StateFault::Wrong),
            CallbackFault::NoState,
            CallbackFault::State(StateFault::Wrong),
            CallbackFault::NoState,
            CallbackFault::Duplicate("code"),
            CallbackFault::Duplicate("state"),
            CallbackFault::NoAnswer,
        ]
    );
}

#[tokio::test]
async fn whatever_else_knocks_is_turned_away() {
    let wait = Wait::usual().await;
    let (port, state) = (wait.port, wait.state.clone());
    for target in [
        "/favicon.ico".to_owned(),
        "/SiemMsspConnector/received/x".to_owned(),
        format!("/siemmsspconnector?code=x&state={state}"),
        format!("/SiemMsspConnector/?code=x&state={state}"),
        format!("//SiemMsspConnector?code=x&state={state}"),
        format!("/x/../SiemMsspConnector?code=x&state={state}"),
        format!("/%53iemMsspConnector?code=x&state={state}"),
    ] {
        assert!(wait.get(&target).await.starts_with("HTTP/1.1 404"), "{target}");
    }
    for host in ["evil.example", &format!("evil.example:{port}"), "localhost", "localhost:1", ""] {
        let request = format!("GET {} HTTP/1.1\r\nHost: {host}\r\n\r\n", wait.true_target());
        assert!(wait.raw(request.as_bytes()).await.starts_with("HTTP/1.1 421"), "{host}");
    }
    let two_hosts = format!(
        "GET {} HTTP/1.1\r\nHost: localhost:{port}\r\nHost: evil.example\r\n\r\n",
        wait.true_target()
    );
    assert!(wait.raw(two_hosts.as_bytes()).await.starts_with("HTTP/1.1 421"));
    let no_host = format!("GET {} HTTP/1.0\r\n\r\n", wait.true_target());
    assert!(wait.raw(no_host.as_bytes()).await.contains(" 421 "));

    for method in ["HEAD", "PUT", "OPTIONS", "DELETE"] {
        let request = format!("{method} {} HTTP/1.1\r\nHost: localhost:{port}\r\n\r\n", wait.true_target());
        let response = wait.raw(request.as_bytes()).await;
        assert!(response.starts_with("HTTP/1.1 405"), "{method}: {response}");
        assert_eq!(header(&response, "access-control-allow-origin"), None);
    }
    let form = format!("code=x&state={state}");
    for kind in ["application/json", "text/plain", "multipart/form-data; boundary=x"] {
        assert!(wait.post("/SiemMsspConnector", kind, &form).await.starts_with("HTTP/1.1 415"), "{kind}");
    }
    assert_eq!(code_of(wait.end().await.0), "the-code");
}

#[tokio::test]
async fn what_is_too_large_or_no_http_is_dropped() {
    let wait = Wait::usual().await;
    let form = "application/x-www-form-urlencoded";
    let large = format!("code={}&state={}", "x".repeat(70 * 1024), wait.state);
    let response = wait.post("/SiemMsspConnector", form, &large).await;
    assert!(response.is_empty() || response.starts_with("HTTP/1.1 413"), "{response}");

    let long = format!("/SiemMsspConnector?x={}&code=x&state={}", "x".repeat(20 * 1024), wait.state);
    let response = wait.get(&long).await;
    assert!(!response.starts_with("HTTP/1.1 303"), "{response}");

    for bytes in [&b"\x00\x01\x02"[..], b"GET\r\n\r\n", &[0xff; 4096], b"GET / HTTP/9.9\r\n\r\n"] {
        assert!(!wait.raw(bytes).await.starts_with("HTTP/1.1 303"));
    }
    assert_eq!(code_of(wait.end().await.0), "the-code");
}

#[tokio::test]
async fn a_browser_that_insists_on_tls_is_noticed() {
    let wait = Wait::usual().await;
    assert_eq!(wait.raw(&[0x16, 3, 1, 0, 5, 1, 0, 0, 1, 0]).await, "");
    let (_, _, events) = wait.end().await;
    assert_eq!(events.first(), Some(&CatcherEvent::TlsSpoken));
}

#[tokio::test]
async fn a_closed_browser_finds_back_to_the_sign_in() {
    let wait = Wait::usual().await;
    let response = wait.get("/").await;
    assert!(response.starts_with("HTTP/1.1 302"), "{response}");
    assert_eq!(header(&response, "location"), Some(SIGN_IN));
    assert_eq!(code_of(wait.end().await.0), "the-code");
}

#[tokio::test]
async fn a_redirect_uri_without_a_path_is_caught_at_the_root() {
    let wait = Wait::begin("http://localhost").await;
    assert!(wait.get("/").await.starts_with("HTTP/1.1 302"));
    let response = wait.get(&format!("/?code=rooted&state={}", wait.state)).await;
    assert!(response.starts_with("HTTP/1.1 303"), "{response}");
    assert_eq!(header(&response, "location"), Some("/received"));
    assert_eq!(code_of(wait.task.await.unwrap().0.unwrap()), "rooted");
}

#[tokio::test]
async fn a_crowd_of_silent_connections_does_not_keep_the_answer_out() {
    let wait = Wait::usual().await;
    let mut crowd = Vec::new();
    for number in 0..200 {
        let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, wait.port)).await.unwrap();
        if number % 2 == 0 {
            let _ = stream.write_all(b"GET /SiemMsspConnector?code=slow").await;
        }
        crowd.push(stream);
    }
    let started = tokio::time::Instant::now();
    assert_eq!(code_of(wait.end().await.0), "the-code");
    assert!(started.elapsed() < std::time::Duration::from_secs(5), "{:?}", started.elapsed());
}

#[tokio::test]
async fn a_wait_ends_with_its_attempt_and_can_begin_again() {
    let mut catcher = Catcher::bind(&RedirectUri::parse("http://localhost/x").unwrap()).await.unwrap();
    let mut short = Attempt::begin(std::time::Duration::from_millis(1)).unwrap();
    let sign_in: Url = SIGN_IN.parse().unwrap();
    let ended = catcher.wait(&mut short, &sign_in, &mut |_| {}).await;
    assert!(matches!(ended, Err(CatcherError::Expired)));

    let mut attempt = Attempt::begin(Attempt::LIFETIME).unwrap();
    let request = format!(
        "GET /x?code=second&state={} HTTP/1.1\r\nHost: localhost:{}\r\n\r\n",
        attempt.state().expose_secret(),
        catcher.port()
    );
    let address = (Ipv4Addr::LOCALHOST, catcher.port()).into();
    let mut ignore = |_| {};
    let (answer, _) =
        tokio::join!(catcher.wait(&mut attempt, &sign_in, &mut ignore), say(address, request.as_bytes()));
    assert_eq!(code_of(answer.unwrap()), "second");
}

#[tokio::test]
async fn dropping_the_catcher_frees_the_port() {
    for _ in 0..100 {
        let catcher = Catcher::bind(&RedirectUri::parse("http://localhost/x").unwrap()).await.unwrap();
        let port = catcher.port();
        drop(catcher);
        assert!(TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await.is_err());
    }
}

#[tokio::test]
async fn cancelling_a_wait_closes_its_connections() {
    let wait = Wait::usual().await;
    let mut open = TcpStream::connect((Ipv4Addr::LOCALHOST, wait.port)).await.unwrap();
    open.write_all(b"GET /Si").await.unwrap();
    // Another request's answer shows that the listener has taken the first one up.
    assert!(wait.get("/favicon.ico").await.starts_with("HTTP/1.1 404"));
    wait.task.abort();
    assert!(wait.task.await.unwrap_err().is_cancelled());
    let mut rest = Vec::new();
    let _ = open.read_to_end(&mut rest).await;
    assert!(rest.is_empty());
    assert!(TcpStream::connect((Ipv4Addr::LOCALHOST, wait.port)).await.is_err());
}

#[tokio::test]
async fn the_redirect_uri_is_the_registered_one_with_the_port_put_in() {
    for (registered, before, after) in [
        ("http://localhost/SiemMsspConnector", "http://localhost:", "/SiemMsspConnector"),
        ("http://localhost", "http://localhost:", ""),
        ("http://127.0.0.1/Case/", "http://127.0.0.1:", "/Case/"),
    ] {
        let catcher = Catcher::bind(&RedirectUri::parse(registered).unwrap()).await.unwrap();
        assert_eq!(catcher.redirect_uri().as_str(), format!("{before}{}{after}", catcher.port()));
    }
}

#[tokio::test]
async fn a_port_that_is_part_of_the_redirect_uri_is_held_exactly_or_not_at_all() {
    let other = tokio::net::TcpListener::bind((IpAddr::V4(Ipv4Addr::LOCALHOST), 0)).await.unwrap();
    let port = other.local_addr().unwrap().port();
    let registered = RedirectUri::parse(&format!("http://localhost:{port}/x")).unwrap();
    let refused = Catcher::bind(&registered).await.unwrap_err();
    assert!(
        matches!(refused, CatcherError::PortTaken { port: taken, .. } | CatcherError::PortReserved { port: taken } if taken == port),
        "{refused:?}"
    );
    drop(other);
    let catcher = Catcher::bind(&registered).await.unwrap();
    assert_eq!(catcher.redirect_uri(), &registered);
    assert_eq!(catcher.port(), port);
}

#[tokio::test]
async fn only_plain_http_to_this_computer_can_be_caught() {
    for registered in ["https://SiemMsspConnector", "https://localhost:44300/wdatpconnector"] {
        let refused = Catcher::bind(&RedirectUri::parse(registered).unwrap()).await.unwrap_err();
        assert!(matches!(refused, CatcherError::NotLoopback));
    }
}

#[tokio::test]
async fn an_answer_that_came_while_the_wait_was_cancelled_is_not_lost() {
    let mut catcher = Catcher::bind(&RedirectUri::parse("http://localhost/x").unwrap()).await.unwrap();
    let mut attempt = Attempt::begin(Attempt::LIFETIME).unwrap();
    let sign_in: Url = SIGN_IN.parse().unwrap();
    let request = format!(
        "GET /x?code=early&state={} HTTP/1.1\r\nHost: localhost:{}\r\n\r\n",
        attempt.state().expose_secret(),
        catcher.port()
    );
    let mut browser = TcpStream::connect((Ipv4Addr::LOCALHOST, catcher.port())).await.unwrap();
    browser.write_all(request.as_bytes()).await.unwrap();
    let (seen, mut contact) = tokio::sync::mpsc::unbounded_channel();
    let mut tell = move |event| {
        let _ = seen.send(event);
    };
    // The very moment at which the request is understood is the one at which the wait is given up.
    tokio::select! {
        biased;
        _ = contact.recv() => {}
        answer = catcher.wait(&mut attempt, &sign_in, &mut tell) => {
            assert_eq!(code_of(answer.unwrap()), "early");
            return;
        }
    }
    let answer = catcher.wait(&mut attempt, &sign_in, &mut |_| {}).await;
    assert_eq!(code_of(answer.unwrap()), "early");
}

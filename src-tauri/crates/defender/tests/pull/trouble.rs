//! What servers, lines and callers do wrong, and what a pull makes of it.

use std::sync::Arc;
use std::time::Duration;

use axum::body::{Body, Bytes};
use catalog::SourceId;
use defender::{
    Denial, Note, Pace, Part, Patience, PullError, PullRequest, Query, RawAlert, Severity, Unreadable,
    UnusableQuery, Wait, pull,
};
use futures_util::{StreamExt, stream};
use tokio::net::TcpListener;

use crate::support::{
    CallerError, Pulled, Server, Tokens, client, hanging_up, header, json, promising, request, run, run_with,
    with,
};

fn detections(server: &Server) -> PullRequest {
    request(SourceId::SiemDetections, server.at("/api/alerts?ago=PT2H"), Query::default())
}

async fn answered(answer: axum::http::Response<Body>) -> Pulled {
    let server = Server::of(vec![answer]).await;
    run(&detections(&server)).await.1
}

#[tokio::test]
async fn throttling_is_obeyed() {
    let slow_down = || header(with(429, r#"{"error":{"code":"TooManyRequests"}}"#), "retry-after", "0");
    let server = Server::of(vec![slow_down(), slow_down(), json(r#"[{"AlertId":"a"}]"#)]).await;
    let (alerts, summary) = run(&detections(&server)).await;
    let summary = summary.unwrap();
    assert_eq!((alerts.len(), summary.requests, summary.notes), (1, 3, vec![Note::Throttled]));
}

#[tokio::test]
async fn throttling_beyond_our_patience_is_told_at_once() {
    let failed =
        answered(header(with(429, r#"{"error":{"code":"TooManyRequests"}}"#), "retry-after", "3600")).await;
    let Err(PullError::Throttled { retry_after, refusal, .. }) = failed else { panic!("{failed:?}") };
    assert_eq!(
        (retry_after, refusal.code.as_deref()),
        (Some(Duration::from_hours(1)), Some("TooManyRequests"))
    );
}

#[tokio::test]
async fn trouble_of_the_server_is_sat_out_a_few_times() {
    let server = Server::of(vec![with(503, ""), with(500, "<html>"), json("[]")]).await;
    let summary = run(&detections(&server)).await.1.unwrap();
    assert_eq!((summary.requests, summary.notes), (3, vec![Note::AskedAgain]));

    let server = Server::by(|_| with(503, r#"{"error":{"code":"ServiceUnavailable","message":"m"}}"#)).await;
    let failed = run(&detections(&server)).await.1;
    let Err(PullError::Unavailable { status: 503, refusal, .. }) = failed else { panic!("{failed:?}") };
    assert_eq!(refusal.code.as_deref(), Some("ServiceUnavailable"));
    assert_eq!(server.asked().len(), 3);
}

#[tokio::test]
async fn a_cut_answer_is_asked_for_again_and_nothing_comes_twice() {
    let whole = r#"[{"AlertId":"a"},{"AlertId":"b"},{"AlertId":"c"}]"#;
    let (address, _server) =
        hanging_up(vec![promising(whole.len(), &whole[..40]), promising(whole.len(), whole)]).await;
    let (alerts, summary) = run(&request(SourceId::SiemDetections, address, Query::default())).await;
    assert_eq!(alerts, [r#"{"AlertId":"a"}"#, r#"{"AlertId":"b"}"#, r#"{"AlertId":"c"}"#]);
    let summary = summary.unwrap();
    assert_eq!((summary.alerts, summary.repeats, summary.requests), (3, 2, 2));
    assert!(summary.notes.contains(&Note::AskedAgain));
}

#[tokio::test]
async fn an_answer_that_is_cut_each_time_fails_and_says_how_far_it_came() {
    let cut = promising(1000, r#"[{"AlertId":"a"},"#);
    let (address, _server) = hanging_up(vec![cut; 3]).await;
    let (alerts, failed) = run(&request(SourceId::SiemDetections, address, Query::default())).await;
    assert_eq!(alerts.len(), 1);
    assert!(matches!(failed, Err(PullError::Cut { received: 17, .. })), "{failed:?}");
    // A body that merely stops, with no error of the transport, is cut too.
    let server = Server::by(|_| json(r#"[{"AlertId":"a"}"#)).await;
    assert!(matches!(run(&detections(&server)).await.1, Err(PullError::Cut { received: 16, .. })));
}

#[tokio::test]
async fn a_refused_token_is_replaced_once() {
    let server = Server::of(vec![with(401, ""), json("[]")]).await;
    let tokens = Tokens::new();
    run_with(&detections(&server), &tokens).await.1.unwrap();
    assert_eq!(tokens.renewals(), 1);
    let sent: Vec<_> = server.asked().into_iter().map(|asked| asked.authorization).collect();
    assert_eq!(sent, ["Bearer token-1", "Bearer token-2"]);
}

#[tokio::test]
async fn a_fresh_token_that_is_refused_ends_the_pull_without_naming_it() {
    let body = r#"{"error":{"code":"InvalidAuthenticationToken","message":"token-2 is expired","innerError":
        {"request-id":"r","client-request-id":"c","date":"d"}}}"#;
    let server = Server::by(move |_| with(401, body)).await;
    let tokens = Tokens::new();
    let failed = run_with(&detections(&server), &tokens).await.1.unwrap_err();
    assert_eq!((tokens.renewals(), server.asked().len()), (1, 2));
    let told = format!("{failed} {failed:?}");
    assert!(!told.contains("token-"), "{told}");
    let PullError::Refused { status: 401, denial: Denial::Unauthorised, refusal, .. } = failed else {
        panic!("{told}")
    };
    assert_eq!(
        (refusal.code.as_deref(), refusal.message.as_deref()),
        (Some("InvalidAuthenticationToken"), Some("… is expired"))
    );
    assert_eq!((refusal.request_id.as_deref(), refusal.correlation_id.as_deref()), (Some("r"), Some("c")));
}

#[tokio::test]
async fn refusals_are_told_apart_and_not_repeated() {
    for (status, expected) in
        [(403, Denial::Denied), (404, Denial::NotFound), (410, Denial::Gone), (400, Denial::Request)]
    {
        let failed =
            answered(with(status, r#"{"error":{"code":"Forbidden","message":"m","target":"t"}}"#)).await;
        let Err(PullError::Refused { status: told, denial, refusal, .. }) = failed else {
            panic!("{failed:?}")
        };
        assert_eq!((told, denial, refusal.request_id.as_deref()), (status, expected, Some("t")));
    }
}

#[tokio::test]
async fn answers_that_are_no_alerts_are_told_apart() {
    let cases = [
        (with(200, "<!DOCTYPE html><html>sign in</html>"), Unreadable::Html),
        (header(with(403, "blocked"), "content-type", "text/html"), Unreadable::Html),
        (json(""), Unreadable::Empty),
        (json("nonsense"), Unreadable::NotJson),
        (json("[{\"AlertId\":}]"), Unreadable::NotJson),
        (json("[{\"AlertId\":\"a\"} {}]"), Unreadable::NotJson),
        (json("{\"alerts\":[]}"), Unreadable::NoList),
        (json("[1]"), Unreadable::NotAnAlert),
        (json(&b"[{\"AlertId\":\"\xff\"}]"[..]), Unreadable::NotUtf8),
        (json(format!("[{}", "[".repeat(10_000))), Unreadable::TooDeep),
    ];
    for (answer, expected) in cases {
        let failed = answered(answer).await;
        let Err(PullError::Unreadable { reason, .. }) = failed else { panic!("{expected:?}: {failed:?}") };
        assert_eq!(reason, expected);
    }
}

#[tokio::test]
async fn an_alert_without_end_is_not_swallowed() {
    let endless = stream::iter([Ok::<_, std::io::Error>(Bytes::from_static(b"[{\"a\":\""))])
        .chain(stream::iter((0..2_000).map(|_| Ok(Bytes::from(vec![b'a'; 64 << 10])))));
    let failed = answered(json(Body::from_stream(endless))).await;
    assert!(
        matches!(failed, Err(PullError::TooLarge { part: Part::Alert, limit: 16_777_216, .. })),
        "{failed:?}"
    );
}

#[tokio::test]
async fn an_error_inside_a_good_answer_is_a_refusal() {
    let answer = r#"{"error":{"code":"Forbidden","message":"no licence"}}"#;
    let failed = answered(json(answer)).await;
    let Err(PullError::Refused { status: 200, refusal, .. }) = failed else { panic!("{failed:?}") };
    assert_eq!(refusal.message.as_deref(), Some("no licence"));
}

#[tokio::test]
async fn nobody_is_followed_to_another_place() {
    let elsewhere = Server::of(vec![]).await;
    let link = elsewhere.at("/steal").to_string();
    let failed = answered(header(with(302, ""), "location", &link)).await;
    let Err(PullError::Redirected { status: 302, to, .. }) = failed else { panic!("{failed:?}") };
    assert_eq!(to, Some(format!("127.0.0.1:{}", elsewhere.origin.port().unwrap())));

    let page = json(format!(r#"{{"value":[{{"id":"a"}}],"@odata.nextLink":"{link}"}}"#));
    let server = Server::of(vec![page]).await;
    let (alerts, failed) = run(&request(SourceId::GraphAlerts, server.at("/a"), Query::default())).await;
    assert_eq!(alerts.len(), 1);
    assert!(matches!(failed, Err(PullError::ForeignLink { .. })), "{failed:?}");
    assert!(elsewhere.asked().is_empty());
}

#[tokio::test]
async fn pages_that_name_each_other_for_ever_end() {
    let server = Server::by(|_| json(r#"{"value":[{"id":"a"}],"@odata.nextLink":"/again"}"#)).await;
    let failed = run(&request(SourceId::GraphAlerts, server.at("/a"), Query::default())).await.1;
    assert!(matches!(failed, Err(PullError::Unreadable { reason: Unreadable::Endless, .. })), "{failed:?}");
}

#[tokio::test]
async fn a_server_that_falls_silent_is_not_waited_for_for_ever() {
    let patience = |request: PullRequest| {
        let patience = Patience { silence: Duration::from_millis(400), retries: 1, ..request.patience };
        PullRequest { patience, ..request }
    };
    let server = Server::by(|_| {
        let first = stream::iter([Ok::<_, std::io::Error>(Bytes::from_static(b"[{\"AlertId\":\"a\"},"))]);
        json(Body::from_stream(first.chain(stream::pending())))
    })
    .await;
    let (alerts, failed) = run(&patience(detections(&server))).await;
    assert_eq!((alerts.len(), server.asked().len()), (1, 2));
    assert!(matches!(failed, Err(PullError::TimedOut { wait: Wait::Bytes, .. })), "{failed:?}");

    let mute = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = format!("http://{}/api/alerts", mute.local_addr().unwrap()).parse().unwrap();
    let request = request(SourceId::SiemDetections, address, Query::default());
    let hasty = Patience { answer: Duration::from_millis(30), retries: 0, ..request.patience };
    let failed = run(&PullRequest { patience: hasty, ..request }).await.1;
    assert!(matches!(failed, Err(PullError::TimedOut { wait: Wait::Answer, .. })), "{failed:?}");
}

#[tokio::test]
async fn a_place_where_nobody_listens_cannot_be_reached() {
    let taken = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = taken.local_addr().unwrap();
    drop(taken);
    let url = format!("http://{address}/api/alerts?secret=canary").parse().unwrap();
    let failed = run(&request(SourceId::SiemDetections, url, Query::default())).await.1.unwrap_err();
    assert!(
        matches!(&failed, PullError::Unreachable { host, .. } if *host == address.to_string()),
        "{failed:?}"
    );
    assert!(!format!("{failed:?}").contains("canary"));
}

#[tokio::test]
async fn a_certificate_that_nobody_vouches_for_is_refused() {
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let key = rustls::pki_types::PrivateKeyDer::Pkcs8(made.signing_key.serialize_der().into());
    let http = client();
    let config = rustls::ServerConfig::builder()
        .with_no_client_auth()
        .with_single_cert(vec![made.cert.der().clone()], key)
        .unwrap();
    let acceptor = tokio_rustls::TlsAcceptor::from(Arc::new(config));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let server = tokio::spawn(async move {
        loop {
            let (socket, _) = listener.accept().await.unwrap();
            assert!(
                acceptor.accept(socket).await.is_err(),
                "somebody trusts a certificate that nobody vouches for"
            );
        }
    });
    let url = format!("https://localhost:{port}/api/alerts").parse().unwrap();
    let request = request(SourceId::SiemDetections, url, Query::default());
    let failed = pull(&http, &request, &Tokens::new(), |_: &RawAlert<'_>| Ok(())).await;
    assert!(matches!(failed, Err(PullError::Tls { .. })), "{failed:?}");
    server.abort();
}

#[tokio::test]
async fn whoever_takes_the_alerts_can_end_the_pull() {
    let server = Server::of(vec![json(r#"[{"AlertId":"a"},{"AlertId":"b"}]"#)]).await;
    let mut taken = 0;
    let failed = pull(&client(), &detections(&server), &Tokens::new(), |_: &RawAlert<'_>| {
        taken += 1;
        Err(CallerError("disk full"))
    })
    .await;
    assert!(matches!(failed, Err(PullError::Caller(CallerError("disk full")))), "{failed:?}");
    assert_eq!(taken, 1);
}

#[tokio::test]
async fn questions_that_make_no_sense_are_not_sent() {
    let server = Server::of(vec![]).await;
    let cases = [
        (SourceId::GraphAlerts, Query { limit: Some(0), ..Query::default() }, UnusableQuery::NothingWanted),
        (
            SourceId::DefenderAlerts,
            Query { tags: vec!["vip".into()], ..Query::default() },
            UnusableQuery::NotSaid { source_id: SourceId::DefenderAlerts, filter: "tags" },
        ),
    ];
    for (source, query, expected) in cases {
        let failed = run(&request(source, server.at("/a"), query)).await.1;
        assert!(matches!(&failed, Err(PullError::Query(unusable)) if *unusable == expected), "{failed:?}");
    }
    assert!(server.asked().is_empty());
}

#[tokio::test]
async fn a_line_that_breaks_again_and_again_gets_there_while_it_brings_something_new() {
    // Each answer promises more than it brings, and each brings one detection more than the one before.
    let list = |count: usize| {
        (0..count).map(|number| format!(r#"{{"AlertId":"d{number}"}}"#)).collect::<Vec<_>>().join(",")
    };
    let mut answers: Vec<_> = (1..8).map(|count| promising(10_000, &format!("[{},", list(count)))).collect();
    let whole = format!("[{}]", list(8));
    answers.push(promising(whole.len(), &whole));
    let (address, task) = hanging_up(answers).await;
    let (alerts, summary) = run(&request(SourceId::SiemDetections, address, Query::default())).await;
    task.await.unwrap();
    assert_eq!(alerts.len(), 8);
    let summary = summary.unwrap();
    assert_eq!((summary.alerts, summary.requests), (8, 8));
}

#[tokio::test]
async fn a_token_that_ends_again_and_again_on_the_way_is_replaced_each_time() {
    let page = |from: u32, next: Option<u32>| {
        let next = next.map(|next| format!(r#","@odata.nextLink":"/a?page={next}""#)).unwrap_or_default();
        json(format!(r#"{{"value":[{{"id":"a{from}"}}]{next}}}"#))
    };
    let server = Server::of(vec![
        page(1, Some(2)),
        with(401, ""),
        page(2, Some(3)),
        page(3, Some(4)),
        with(401, ""),
        page(4, None),
    ])
    .await;
    let tokens = Tokens::new();
    let (alerts, summary) =
        run_with(&request(SourceId::GraphAlerts, server.at("/a"), Query::default()), &tokens).await;
    assert_eq!((alerts.len(), tokens.renewals()), (4, 2), "{summary:?}");
}

#[tokio::test]
async fn the_published_rate_is_kept_and_told() {
    let pages: Vec<_> = (0..5)
        .map(|number| match number {
            4 => json(r#"{"value":[{"id":"last"}]}"#),
            _ => json(format!(r#"{{"value":[{{"id":"a{number}"}}],"@odata.nextLink":"/a?{number}"}}"#)),
        })
        .collect();
    let server = Server::of(pages).await;
    let mut request = request(SourceId::GraphAlerts, server.at("/a"), Query::default());
    request.pace = Some(Arc::new(Pace::new([(2, Duration::from_millis(150))])));
    let started = tokio::time::Instant::now();
    let (alerts, summary) = run(&request).await;
    assert_eq!(alerts.len(), 5);
    assert_eq!(summary.unwrap().notes, [Note::Paced]);
    assert!(started.elapsed() >= Duration::from_millis(300), "{:?}", started.elapsed());
}

#[tokio::test]
async fn a_filter_that_the_api_refuses_is_applied_here_and_said() {
    let server = Server::by(|asked| match asked.value("$filter") {
        Some(filter) if filter.contains("severity") => with(
            400,
            r#"{"error":{"code":"BadRequest","message":"Could not find a property named severity"}}"#,
        ),
        _ => json(r#"{"value":[{"id":"h","severity":"High"},{"id":"l","severity":"Low"},{"id":"u"}]}"#),
    })
    .await;
    let query = Query { severities: vec![Severity::High, Severity::Medium], ..Query::default() };
    let (alerts, summary) = run(&request(SourceId::GraphAlerts, server.at("/a"), query)).await;
    assert_eq!(alerts.len(), 1);
    assert_eq!(summary.unwrap().notes, [Note::FilteredHere]);
}

#[tokio::test]
async fn a_pull_can_move_between_threads() {
    let server = Server::of(vec![json("[]")]).await;
    let request = detections(&server);
    let pulled = tokio::spawn(async move { run(&request).await.1.map(|summary| summary.alerts).unwrap() });
    assert_eq!(pulled.await.unwrap(), 0);
}

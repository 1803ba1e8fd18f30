//! The sign-in window as a catcher, with a host whose window is the test itself: what it says is checked like any other
//! callback, and it is closed whatever comes of it.

#![expect(clippy::unwrap_used, reason = "the functions that tests share are tests too")]

#[expect(dead_code, reason = "each test file takes what it needs")]
mod support;

use std::sync::Mutex;

use onboarding::browser::Opened;
use onboarding::contract::{
    BrowserChoice, Catcher, ConsentResult, EvidenceKey, EvidenceState, Notice, Problem, ProblemCode, Progress,
};
use onboarding::{Engine, Host, Leads, OneRun, SignInPage, WindowEvent, WindowWay, paste_slot};
use practice_tenant::visitor::Visitor;
use practice_tenant::{Options, PracticeTenant, Scenario};
use support::{Pages, customer, engine, parameter, request};
use tokio::sync::{mpsc, oneshot};
use url::Url;

const REDIRECT: &str = "https://SiemMsspConnector";

/// A host that has windows.
struct Windows {
    opened: mpsc::UnboundedSender<(SignInPage, oneshot::Receiver<()>)>,
    told: Mutex<Vec<Progress>>,
}

impl Host for Windows {
    fn open_browser(&self, _: &str, _: &BrowserChoice) -> Result<Opened, Problem> {
        panic!("no browser is asked for")
    }

    fn open_window(&self, page: SignInPage) -> Result<Box<dyn Send + Sync>, Problem> {
        let (open, closed) = oneshot::channel::<()>();
        let _ = self.opened.send((page, closed));
        Ok(Box::new(open))
    }

    fn progress(&self, progress: Progress) {
        self.told.lock().unwrap().push(progress);
    }
}

struct Room {
    practice: PracticeTenant,
    engine: Engine,
    visitor: Visitor,
    admin: String,
    _folder: tempfile::TempDir,
}

impl Room {
    async fn with(scenarios: &[Scenario]) -> Self {
        let practice = PracticeTenant::start(Options { scenarios: scenarios.to_vec(), ..Options::default() })
            .await
            .unwrap();
        let told = practice.announcement().clone();
        let folder = tempfile::tempdir().unwrap();
        let engine = engine(folder.path(), &told.cloud_file).await;
        let secret = std::fs::read_to_string(&told.client_secret_file).unwrap();
        let mut new =
            customer(&told.customer_domain, &told.client_id, Some(&told.provider_tenant), secret.trim());
        new.registration.as_mut().unwrap().redirect_uri = Some(REDIRECT.to_owned());
        engine.add_customer(new).await.unwrap();
        let admin = told.users.iter().find(|user| user.role == "admin").unwrap().name.clone();
        let visitor = Visitor::new(&told).unwrap();
        Self { practice, engine, visitor, admin, _folder: folder }
    }

    /// Runs the consent while `person` acts in the window; says what was told, too.
    async fn consent<Acts: Future<Output = ()>>(
        &self,
        person: impl FnOnce(SignInPage, oneshot::Receiver<()>) -> Acts,
    ) -> (Result<ConsentResult, Problem>, Vec<Progress>) {
        let (opened, mut windows) = mpsc::unbounded_channel();
        let host = Windows { opened, told: Mutex::default() };
        let (_slot, pastes) = paste_slot();
        let acts = async {
            let (page, closed) = windows.recv().await.unwrap();
            person(page, closed).await;
        };
        let (result, ()) =
            tokio::join!(self.engine.consent(request(Catcher::Window, 60), pastes, &host), acts);
        (result, host.told.into_inner().unwrap())
    }

    async fn answer(&self, page: &SignInPage) -> Url {
        self.visitor.redirect_address(page.address.as_str(), &self.admin).await.unwrap()
    }
}

fn back(address: &Url) -> WindowEvent {
    WindowEvent::Back(address.as_str().to_owned().into())
}

#[tokio::test]
async fn the_address_that_leads_back_is_an_answer_like_any_other_and_the_window_closes() {
    let room = Room::with(&[]).await;
    let (result, _) = room
        .consent(async |page, closed| {
            assert_eq!(
                parameter(page.address.as_str(), "response_mode"),
                "query",
                "a form cannot be intercepted"
            );
            assert_eq!(parameter(page.address.as_str(), "redirect_uri"), REDIRECT);
            let answer = room.answer(&page).await;
            assert_eq!(page.rules.judge(&answer), Leads::Back);
            assert_eq!(page.rules.judge(&page.address), Leads::On, "the practice tenant has no TLS");
            page.voice.say(back(&answer));
            assert!(closed.await.is_err(), "the window is closed");
        })
        .await;
    let result = result.unwrap();
    assert!(result.customer.consent.is_some());
    let ready = result.evidence.iter().find(|one| one.key == EvidenceKey::CatcherReady).unwrap();
    assert_eq!(ready.state, EvidenceState::Proven);
    room.practice.stop().await;
}

#[tokio::test]
async fn what_is_no_answer_is_noticed_and_the_wait_goes_on() {
    let room = Room::with(&[]).await;
    let (result, told) = room
        .consent(async |page, _| {
            let answer = room.answer(&page).await;
            for wrong in [
                "https://siemmsspconnector/?code=x&state=guess",
                "https://siemmsspconnector/?code=x",
                "https://siemmsspconnector/?error=access_denied",
                "https://siemmsspconnector.evil.example/?code=x",
            ] {
                page.voice.say(back(&wrong.parse().unwrap()));
            }
            page.voice.say(WindowEvent::TurnedAway);
            page.voice.say(back(&answer));
        })
        .await;
    assert!(result.unwrap().customer.consent.is_some());
    let noticed = |wanted: Notice| {
        told.iter().any(|one| matches!(one, Progress::Noticed { notice, .. } if *notice == wanted))
    };
    assert!(noticed(Notice::NotAnAnswer) && noticed(Notice::PageTurnedAway));
    room.practice.stop().await;
}

#[tokio::test]
async fn closing_the_window_is_cancelling_and_what_does_not_load_has_its_problem() {
    let room = Room::with(&[]).await;
    let host = || "login.example".to_owned();
    for (event, code) in [
        (WindowEvent::Closed, ProblemCode::Cancelled),
        (WindowEvent::Unreachable { host: host() }, ProblemCode::Unreachable),
        (WindowEvent::Untrusted { host: host(), certificate: None }, ProblemCode::TlsRefused),
    ] {
        let (result, _) = room
            .consent(async |page, closed| {
                page.voice.say(event);
                assert!(closed.await.is_err(), "the window is closed");
            })
            .await;
        let problem = result.unwrap_err();
        assert_eq!(problem.code, code);
        assert_eq!(problem.causes.is_empty(), code == ProblemCode::Cancelled, "{problem:?}");
    }
    let (gone, _) = room.consent(async |page, _| drop(page)).await;
    assert_eq!(gone.unwrap_err().code, ProblemCode::Cancelled, "a window that is gone without a word");
    room.practice.stop().await;
}

#[tokio::test]
async fn another_tenant_is_refused_in_the_window_too_and_nothing_is_stored() {
    let room = Room::with(&[Scenario::WrongAccount]).await;
    let (result, _) = room
        .consent(async |page, _| {
            let answer = room.answer(&page).await;
            page.voice.say(back(&answer));
        })
        .await;
    assert_eq!(result.unwrap_err().code, ProblemCode::WrongTenant);
    assert!(room.engine.customer("Contoso").await.unwrap().consent.is_none());
    room.practice.stop().await;
}

#[tokio::test]
async fn whoever_has_no_windows_says_so() {
    let room = Room::with(&[]).await;
    let (host, _pages) = Pages::new();
    let (_slot, pastes) = paste_slot();
    let refused = room.engine.consent(request(Catcher::Window, 60), pastes, &host).await.unwrap_err();
    assert_eq!(refused.params["reason"], "no-sign-in-window-here");
    room.practice.stop().await;
}

#[tokio::test]
async fn the_window_goes_by_the_proxy_that_the_product_goes_by() {
    let room = Room::with(&[]).await;
    let proxy = OneRun { proxy: Some("http://anna@proxy.example:3128".to_owned()), ca_file: None };
    room.engine.go_by(proxy, |_, _| Some("canary:p@ss".to_owned().into())).await.unwrap();
    let (result, _) = room
        .consent(|page, _closed| async move {
            let WindowWay::Proxy(proxy) = &page.way else { panic!("{:?}", page.way) };
            assert_eq!(&**proxy.with_sign_in(), "http://anna:canary%3Ap%40ss@proxy.example:3128/");
            assert_eq!(proxy.bypass(), ["localhost", "127.0.0.0/8", "::1"], "this computer is spared");
            page.voice.say(WindowEvent::Closed);
        })
        .await;
    assert_eq!(result.err().unwrap().code, ProblemCode::Cancelled);

    let direct = OneRun { proxy: Some("none".to_owned()), ca_file: None };
    room.engine.go_by(direct, |_, _| None).await.unwrap();
    let (result, _) = room
        .consent(|page, _closed| async move {
            assert!(matches!(page.way, WindowWay::Direct), "{:?}", page.way);
            page.voice.say(WindowEvent::Closed);
        })
        .await;
    assert_eq!(result.err().unwrap().code, ProblemCode::Cancelled);
}

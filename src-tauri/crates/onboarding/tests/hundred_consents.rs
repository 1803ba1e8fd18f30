//! One hundred consents in one process, against the practice tenant: none fails, and no socket, task or file is left.

#![expect(clippy::unwrap_used, reason = "the functions that tests share are tests too")]

#[expect(dead_code, reason = "each test file takes what it needs")]
mod support;

use std::collections::BTreeSet;
use std::path::Path;
use std::time::Duration;

use onboarding::contract::Catcher;
use onboarding::{Engine, paste_slot};
use practice_tenant::visitor::Visitor;
use practice_tenant::{Options, PracticeTenant};
use support::{Pages, customer, engine, request};

const CONSENTS: usize = 100;

/// The practice tenant and the person live in a runtime of their own, so that only the product's tasks are counted.
struct Elsewhere {
    runtime: tokio::runtime::Runtime,
    tenant: Option<PracticeTenant>,
}

impl Elsewhere {
    fn start() -> Self {
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let tenant = runtime.block_on(PracticeTenant::start(Options::default())).unwrap();
        Self { runtime, tenant: Some(tenant) }
    }
}

async fn consent(
    engine: &Engine,
    elsewhere: &tokio::runtime::Handle,
    visitor: &std::sync::Arc<Visitor>,
    user: &str,
) {
    let (host, mut pages) = Pages::new();
    let (_slot, pastes) = paste_slot();
    let person = async {
        let page = pages.recv().await.unwrap();
        let (visitor, user) = (std::sync::Arc::clone(visitor), user.to_owned());
        elsewhere
            .spawn(async move { visitor.sign_in_and_consent(&page, &user).await })
            .await
            .unwrap()
            .unwrap();
    };
    let (result, ()) = tokio::join!(engine.consent(request(Catcher::Browser, 60), pastes, &host), person);
    assert!(result.unwrap().customer.consent.is_some());
}

fn files(folder: &Path) -> BTreeSet<String> {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path().display().to_string());
    entries.collect()
}

/// Open sockets and files; where the system does not say, nothing.
fn handles() -> usize {
    std::fs::read_dir("/proc/self/fd").map_or(0, Iterator::count)
}

#[test]
fn a_hundred_consents_leave_nothing_behind() {
    let mut elsewhere = Elsewhere::start();
    let told = elsewhere.tenant.as_ref().unwrap().announcement().clone();
    let visitor = std::sync::Arc::new(elsewhere.runtime.block_on(async { Visitor::new(&told) }).unwrap());
    let admin = told.users.iter().find(|user| user.role == "admin").unwrap().name.clone();
    let secret = std::fs::read_to_string(&told.client_secret_file).unwrap();
    let folder = tempfile::tempdir().unwrap();
    let there = elsewhere.runtime.handle().clone();

    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let engine = engine(folder.path(), &told.cloud_file).await;
        let new =
            customer(&told.customer_domain, &told.client_id, Some(&told.provider_tenant), secret.trim());
        engine.add_customer(new).await.unwrap();
        // The first ones open what is kept: logs, pools of the person's browser.
        for _ in 0..3 {
            consent(&engine, &there, &visitor, &admin).await;
        }
        let settled = |limit: (usize, usize)| async move {
            for _ in 0..400 {
                let now = (handles(), tokio::runtime::Handle::current().metrics().num_alive_tasks());
                if now.0 <= limit.0 && now.1 <= limit.1 {
                    return now;
                }
                tokio::time::sleep(Duration::from_millis(25)).await;
            }
            (handles(), tokio::runtime::Handle::current().metrics().num_alive_tasks())
        };
        let before = settled((0, 0)).await;
        let files_before = files(folder.path());
        for _ in 0..CONSENTS {
            consent(&engine, &there, &visitor, &admin).await;
        }
        let after = settled(before).await;
        println!("handles and tasks: before {before:?}, after {CONSENTS} consents {after:?}");
        // One idle connection of the person's browser more or less is theirs.
        assert!(after.0 <= before.0 + 2, "handles: before {}, after {}", before.0, after.0);
        assert!(after.1 <= before.1, "tasks: before {}, after {}", before.1, after.1);
        assert_eq!(files(folder.path()), files_before);
    });
    drop(visitor);
    let tenant = elsewhere.tenant.take().unwrap();
    elsewhere.runtime.block_on(tenant.stop());
}

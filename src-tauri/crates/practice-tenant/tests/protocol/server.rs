//! The server itself: where it listens, whom it answers, what it writes and what it leaves behind.

use std::net::TcpListener;

use crate::common::World;
use practice_tenant::{Options, PracticeTenant, Scenario, StartError};
use serde_json::Value;

#[tokio::test]
async fn it_answers_on_both_loopback_addresses_by_its_certificate() {
    let world = World::start().await;
    let port = world.told.login.rsplit(':').next().unwrap();
    let mut hosts = vec!["localhost", "127.0.0.1"];
    if TcpListener::bind("[::1]:0").is_ok() {
        hosts.push("[::1]");
    }
    for host in hosts {
        let response = world.http.get(format!("https://{host}:{port}/")).send().await.unwrap();
        assert_eq!(response.status(), 200, "{host}");
    }
}

#[tokio::test]
async fn a_name_that_somebody_rebound_to_loopback_gets_nothing() {
    let world = World::in_scenario(&[]).await;
    for host in ["contoso.example", "localhost.contoso.example:80", ""] {
        let response = world.http.get(&world.told.login).header("host", host).send().await.unwrap();
        assert_eq!(response.status(), 421, "{host}");
    }
}

#[tokio::test]
async fn a_taken_port_is_an_error_and_a_stopped_server_frees_its_port() {
    let holder = TcpListener::bind("127.0.0.1:0").unwrap();
    let taken = holder.local_addr().unwrap().port();
    let error = PracticeTenant::start(Options { port: Some(taken), ..Options::default() }).await.unwrap_err();
    assert!(matches!(error, StartError::Listen { port: Some(port), .. } if port == taken), "{error}");

    let world = World::in_scenario(&[]).await;
    let port: u16 = world.told.login.rsplit(':').next().unwrap().parse().unwrap();
    world.tenant.stop().await;
    let again = PracticeTenant::start(Options { port: Some(port), ..Options::default() }).await.unwrap();
    assert_eq!(again.announcement().login, world.told.login);
}

#[tokio::test]
async fn its_files_are_the_owners_and_go_with_it() {
    let world = World::start().await;
    let told = &world.told;
    let folder = told.cloud_file.parent().unwrap().to_owned();
    let mut files = vec![&told.cloud_file, told.ca_file.as_ref().unwrap(), &told.client_secret_file];
    files.extend(told.users.iter().map(|user| &user.password_file));
    for file in &files {
        assert_eq!(file.parent(), Some(folder.as_path()));
        assert!(!std::fs::read_to_string(file).unwrap().is_empty());
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            assert_eq!(std::fs::metadata(file).unwrap().permissions().mode() & 0o777, 0o600);
            assert_eq!(std::fs::metadata(&folder).unwrap().permissions().mode() & 0o777, 0o700);
        }
    }
    assert!(!world.secret.ends_with('\n'));
    let World { tenant, .. } = world;
    drop(tenant);
    assert!(!folder.exists());
}

#[tokio::test]
async fn the_announcement_is_the_contract() {
    let world = World::in_scenario(&[Scenario::Slow, Scenario::WrongAccount]).await;
    let line = serde_json::to_value(&world.told).unwrap();
    let names: Vec<_> = line.as_object().unwrap().keys().map(String::as_str).collect();
    let expected = [
        "ca_file",
        "client_id",
        "client_secret_file",
        "cloud_file",
        "customer_domain",
        "customer_tenant",
        "defender",
        "graph",
        "login",
        "portal",
        "provider_tenant",
        "redirect_uris",
        "scenarios",
        "siem",
        "users",
        "xdr",
    ];
    let mut sorted = names.clone();
    sorted.sort_unstable();
    assert_eq!(sorted, expected);
    assert_eq!(line["ca_file"], Value::Null);
    assert_eq!(line["scenarios"], serde_json::json!(["wrong-account", "slow"]));
    let roles: Vec<_> = world.told.users.iter().map(|user| user.role.as_str()).collect();
    assert_eq!(roles, ["admin", "analyst", "elsewhere"]);

    let cloud = std::fs::read_to_string(&world.told.cloud_file).unwrap();
    for (key, value) in
        [("login", &world.told.login), ("graph", &world.told.graph), ("uk", &world.told.siem.uk)]
    {
        assert!(cloud.contains(&format!("{key} = \"{value}\"")), "{cloud}");
    }
    assert!(!cloud.contains("ca_file"));
}

#[tokio::test]
async fn neither_debug_nor_the_announcement_shows_a_secret() {
    let world = World::in_scenario(&[]).await;
    let shown = format!(
        "{:?} {:?} {:?} {}",
        world.tenant,
        world.told,
        world.visitor,
        serde_json::to_string(&world.told).unwrap()
    );
    assert!(!shown.contains(&world.secret));
    for user in &world.told.users {
        assert!(!shown.contains(&std::fs::read_to_string(&user.password_file).unwrap()));
    }
}

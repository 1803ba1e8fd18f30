//! An authority for one run is for that run: nothing of it is kept.

use tests::practice::Practice;

use crate::proxies::{AUTHORITY, Proxy};

#[tokio::test]
async fn an_authority_for_one_run_is_not_remembered() {
    let practice = Practice::start(&["--tls", "--alerts", "1"]).await;
    let folder = tempfile::tempdir().unwrap();
    let msspctl = practice.msspctl(&folder.path().join("data")).json();
    let (proxy, pem) = Proxy::intercepting(practice.announcement.ca_file.as_deref().unwrap()).await;
    msspctl.succeed(&["settings", "set", "--proxy", &proxy.address, "--no-proxy", ""]).await;
    let file = folder.path().join("inspection-ca.pem");
    #[expect(clippy::disallowed_methods, reason = "a test's own file")]
    std::fs::write(&file, pem).unwrap();
    let settings = folder.path().join("data/settings.toml");
    let before = std::fs::read_to_string(&settings).unwrap();
    let tenant = practice.announcement.customer_domain.as_str();
    let add = ["customer", "add", "Contoso", "--tenant", tenant];

    let refused = |run: tests::command::Run| {
        let problem = run.problem();
        assert_eq!((run.status, problem["code"].as_str()), (5, Some("tls-refused")), "{}", run.stderr);
        assert!(problem["params"]["issuer"].as_str().unwrap().contains(AUTHORITY), "{problem}");
    };
    refused(msspctl.run(&add).await);
    let with_authority = msspctl.clone().option("--ca-file", file.to_str().unwrap());
    with_authority.succeed(&add).await;

    assert_eq!(std::fs::read_to_string(&settings).unwrap(), before);
    let shown = msspctl.succeed(&["settings", "show"]).await.document();
    assert_eq!(shown["authorities"].as_array().map(Vec::len), Some(0), "{shown}");
    refused(msspctl.run(&["customer", "add", "Fabrikam", "--tenant", tenant]).await);
}

//! The embedded sign-in window behind a proxy that wants a sign-in, in the real app: it goes by the proxy of the settings,
//! signs in to it, and asks nobody for a password.

use tests::command::Msspctl;
use tests::lacking::lacking;
use tests::practice::Practice;
use tests::window::Window;
use thirtyfour::prelude::*;

use crate::proxies::Proxy;

const PASSWORD: &str = "canary-p4ss:w@rd";

#[tokio::test]
async fn the_sign_in_window_signs_in_to_the_proxy_of_the_settings() {
    let keyring = std::env::var_os("MSSP_TEST_KEYRING").is_some_and(|value| value == "1");
    if std::env::var_os("DISPLAY").is_none() || cfg!(windows) || !keyring {
        lacking("window_proxy: no display or no keyring of our own (`cargo xtask test` has both)");
        return;
    }
    let practice = Practice::start(&["--tls"]).await;
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let cloud_file = practice.announcement.cloud_file.display().to_string();
    let msspctl = Msspctl::with_keyring(&data).option("--cloud-file", &cloud_file).json();
    let proxy = Proxy::start(Some(("anna", PASSWORD))).await;
    practice.add_customer(&msspctl, &["--redirect-uri", "https://SiemMsspConnector"]).await;
    let set = ["settings", "set", "--proxy", &proxy.address, "--no-proxy", ""];
    let set = [&set[..], &["--proxy-user", "anna", "--proxy-password-file", "-"]].concat();
    assert_eq!(msspctl.run_with_input(&set, PASSWORD).await.status, 0);

    let mut window = Window::open(&data, "window-proxy", &[("MSSP_ONBOARD_CLOUD_FILE", cloud_file)]).await;
    window.screen("customers").await;
    window.see("customer-row").await;
    window.picture("customers").await;
    let go_on = By::Css("[data-testid='customer-row'] .acts button");
    window.driver.find(go_on).await.unwrap().click().await.unwrap();
    window.screen("consent").await;
    window.click("consent-window").await;
    // The practice tenant's authority is not the operating system's, so the way ends at its door, behind the proxy.
    window.see("problem").await;
    let text = window.text().await;
    window.picture("behind-the-proxy").await;
    window.close().await;
    assert!(text.contains("operating system alone"), "{text}");

    let login = url::Url::parse(&practice.announcement.login).unwrap();
    let asked = format!("{}:{}", login.host_str().unwrap(), login.port().unwrap());
    let hosts = proxy.hosts();
    // The product says who it is at once; a web engine waits until it is asked.
    assert!(proxy.refused() >= 1, "the window did not come: {hosts:?}");
    assert!(hosts.iter().all(|host| *host == asked), "{hosts:?}");
    assert_eq!(proxy.tunnels(), hosts.len() - proxy.refused(), "after each question its answer: {hosts:?}");
}

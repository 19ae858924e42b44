//! Debian's Chromium without a screen, told what to do through ChromeDriver, with a folder of its own for its profile and downloads.

use std::fs;
use std::net::TcpStream;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use fantoccini::elements::Element;
use fantoccini::wd::Capabilities;
use fantoccini::{Client, ClientBuilder, Locator};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::ports::free_port;

/// The longest a test waits for what must happen: Dovecot itself looks at its Maildir only now and then.
pub const PATIENCE: Duration = Duration::from_secs(600);
const LOOK_EVERY: Duration = Duration::from_millis(100);
/// The driver waits a minute for its browser, and a busy machine may need longer than that.
const STARTS: usize = 8;

/// A window on a desk, or a phone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Screen {
    Desk,
    Phone,
}

impl Screen {
    pub fn width(self) -> u32 {
        match self {
            Self::Desk => 1280,
            Self::Phone => 390,
        }
    }

    pub fn word(self) -> &'static str {
        match self {
            Self::Desk => "desk",
            Self::Phone => "phone",
        }
    }
}

pub struct Chrome {
    pub client: Client,
    driver: Child,
    browser: Option<i32>,
    /// Where the browser tells of its tabs.
    debugger: String,
    site: String,
    folder: TempDir,
}

impl Chrome {
    /// A browser that has never been anywhere. `site` is what its paths are relative to.
    pub async fn open(site: &str, screen: Screen) -> Self {
        let mut why = String::new();
        for _ in 0..STARTS {
            match Self::try_open(site, screen).await {
                Ok(chrome) => return chrome,
                Err(error) => why = error,
            }
        }
        panic!("Chromium does not start: {why}");
    }

    async fn try_open(site: &str, screen: Screen) -> Result<Self, String> {
        let folder = tempfile::Builder::new().prefix("kep-chromium").tempdir().unwrap();
        for sub in ["profile", "downloads"] {
            fs::create_dir(folder.path().join(sub)).unwrap();
        }
        let port = free_port();
        let mut driver = Command::new("chromedriver")
            .arg(format!("--port={port}"))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap_or_else(|error| panic!("chromedriver cannot be started ({error}). Run the tests with tests/run, which installs it."));
        let began = Instant::now();
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            if driver.try_wait().unwrap().is_some() {
                return Err("chromedriver ended".to_owned());
            }
            assert!(began.elapsed() < PATIENCE, "chromedriver does not listen");
            tokio::time::sleep(LOOK_EVERY).await;
        }
        let started = ClientBuilder::new(HttpConnector::new())
            .capabilities(capabilities(&folder, screen))
            .connect(&format!("http://127.0.0.1:{port}"))
            .await;
        let client = match started {
            Ok(client) => client,
            Err(error) => {
                let _ = driver.kill();
                let _ = driver.wait();
                return Err(error.to_string());
            }
        };
        let said = |name: &str| client.capabilities().and_then(|all| all.get(name)).cloned().unwrap_or_default();
        Ok(Self {
            browser: said("goog:processID").as_i64().and_then(|pid| i32::try_from(pid).ok()),
            debugger: said("goog:chromeOptions")["debuggerAddress"]
                .as_str()
                .unwrap_or_default()
                .to_owned(),
            site: site.to_owned(),
            client,
            driver,
            folder,
        })
    }

    pub async fn goto(&self, path: &str) {
        self.client.goto(&format!("{}{path}", self.site)).await.unwrap();
    }

    /// Waits for the element.
    pub async fn find(&self, css: &str) -> Element {
        let found = self.client.wait().at_most(PATIENCE).for_element(Locator::Css(css)).await;
        match found {
            Ok(element) => element,
            Err(error) => panic!("{css}: {error}\n{}", self.client.source().await.unwrap_or_default()),
        }
    }

    pub async fn click(&self, css: &str) {
        // Between the look and the deed the page may have put another element in its place.
        while let Err(error) = self.find(css).await.click().await {
            assert!(error.is_stale_element_reference(), "{css}: {error}");
        }
    }

    pub async fn text(&self, css: &str) -> String {
        loop {
            match self.find(css).await.text().await {
                Ok(text) => return text,
                Err(error) => assert!(error.is_stale_element_reference(), "{css}: {error}"),
            }
        }
    }

    pub async fn fill(&self, css: &str, value: &str) {
        let field = self.find(css).await;
        field.clear().await.unwrap();
        field.send_keys(value).await.unwrap();
    }

    /// Keys, to whatever has the focus.
    pub async fn press(&self, keys: &str) {
        self.client.active_element().await.unwrap().send_keys(keys).await.unwrap();
    }

    pub async fn js(&self, script: &str, args: Vec<Value>) -> Value {
        self.client
            .execute(script, args)
            .await
            .unwrap_or_else(|error| panic!("{script:.300}: {error}"))
    }

    /// Waits until an expression of the page is true.
    pub async fn until(&self, expression: &str) {
        let began = Instant::now();
        while self.js(&format!("return Boolean({expression})"), vec![]).await != json!(true) {
            assert!(
                began.elapsed() < PATIENCE,
                "never true: {expression}\n{}",
                self.client.source().await.unwrap()
            );
            tokio::time::sleep(LOOK_EVERY).await;
        }
    }

    /// Waits for a page after a click: an address that begins so, loaded.
    pub async fn until_at(&self, path: &str) {
        self.until(&format!(
            "location.pathname.startsWith({}) && document.readyState === 'complete'",
            json!(path)
        ))
        .await;
    }

    pub async fn sign_in(&self, login: &str, password: &str) {
        self.goto("/login").await;
        self.fill("#login", login).await;
        self.fill("#password", password).await;
        self.click("button[type=submit]").await;
        self.find("main#content h1").await;
        self.until("document.readyState === 'complete'").await;
    }

    /// The titles of the tabs, as the browser draws them: asking so brings no tab to the front.
    pub async fn tab_titles(&self) -> Vec<String> {
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        let text = client
            .get(format!("http://{}/json/list", self.debugger))
            .send()
            .await
            .unwrap()
            .text()
            .await
            .unwrap();
        let tabs: Value = serde_json::from_str(&text).unwrap();
        let titles = tabs.as_array().unwrap().iter().filter_map(|tab| tab["title"].as_str());
        titles.map(str::to_owned).collect()
    }

    /// Keeps a picture of what is shown, as an artefact of the build.
    pub async fn picture(&self, name: &str) -> PathBuf {
        let kept = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/target/screenshots"));
        fs::create_dir_all(&kept).unwrap();
        let file = kept.join(format!("{name}.png"));
        fs::write(&file, self.client.screenshot().await.unwrap()).unwrap();
        file
    }

    /// Waits for a whole file with this ending among the downloads, and takes it out of there.
    pub async fn downloaded(&self, ending: &str) -> PathBuf {
        let began = Instant::now();
        loop {
            let mut files = fs::read_dir(self.folder.path().join("downloads")).unwrap();
            if let Some(file) = files.find_map(|file| file.ok().filter(|file| file.file_name().to_string_lossy().ends_with(ending))) {
                let taken = self.folder.path().join(file.file_name());
                fs::rename(file.path(), &taken).unwrap();
                return taken;
            }
            assert!(began.elapsed() < PATIENCE, "no {ending} was downloaded");
            tokio::time::sleep(LOOK_EVERY).await;
        }
    }
}

impl Drop for Chrome {
    fn drop(&mut self) {
        let ended = self.browser.and_then(rustix::process::Pid::from_raw);
        if let Some(browser) = ended {
            let _ = rustix::process::kill_process(browser, rustix::process::Signal::KILL);
        }
        let _ = self.driver.kill();
        let _ = self.driver.wait();
    }
}

fn capabilities(folder: &TempDir, screen: Screen) -> Capabilities {
    let at = |sub: &str| folder.path().join(sub).display().to_string();
    let mut options = json!({
        "args": [
            "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
            "--disable-component-update", "--disable-sync", "--disable-dev-shm-usage", "--force-color-profile=srgb", "--hide-scrollbars",
            "--window-size=1280,900", format!("--user-data-dir={}", at("profile")),
        ],
        "prefs": {"download.default_directory": at("downloads"), "download.prompt_for_download": false},
    });
    if screen == Screen::Phone {
        options["mobileEmulation"] = json!({"deviceMetrics": {"width": screen.width(), "height": 844, "pixelRatio": 2.0, "touch": true}});
    }
    let all = json!({"goog:chromeOptions": options, "timeouts": {"script": 600_000, "pageLoad": 600_000}});
    all.as_object().unwrap().clone()
}

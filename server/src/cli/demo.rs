//! `chancery demo`: everything on one machine, from the server to a real Envoy and two services.

mod people;

use std::{
    net::{Ipv4Addr, SocketAddr},
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};

use chrono::TimeDelta;
use clap::Args;
use serde_json::{Map, Value, json};
use tokio::{
    net::{TcpListener, TcpStream},
    process::{Child, Command},
    signal::unix::{SignalKind, signal},
    time::Instant,
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};
use tracing::info;

use super::{CliError, print, serve::ServerArgs, signals::stop_token};
use crate::{
    auth::settings::{Sample, SignIn},
    clock::Clock,
    discovery::fixed::FixedService,
    envoy::{
        bootstrap::{NodeSettings, bootstrap},
        json::{self, Format},
    },
    gateway::endpoints::Endpoints,
    startup::Server,
    store::DatabaseUrl,
};

/// How long Envoy may take to start and connect; it takes about a second.
const ENVOY_START_TIMEOUT: Duration = Duration::from_secs(30);

/// How long Envoy gets to end after it was asked to.
const ENVOY_STOP_TIMEOUT: Duration = Duration::from_secs(10);

/// Time between two looks whether Envoy accepts connections: it tells nobody when it does.
const LISTENING_POLL: Duration = Duration::from_millis(20);

#[derive(Debug, Args)]
pub(super) struct Demo {
    #[command(flatten)]
    server: ServerArgs,
    /// Where mappings are kept.
    #[arg(
        long,
        env = "CHANCERY_DATABASE",
        hide_env_values = true,
        default_value = "sqlite://chancery-demo.db"
    )]
    database: DatabaseUrl,
    /// The Envoy to run: a path, or a name on PATH.
    #[arg(long, env = "CHANCERY_ENVOY", default_value = "envoy")]
    envoy: PathBuf,
    /// Write the addresses to this file as JSON once everything answers.
    #[arg(long, env = "CHANCERY_READY_FILE")]
    ready_file: Option<PathBuf>,
}

impl Demo {
    pub(super) async fn run(self) -> Result<(), CliError> {
        check_envoy(&self.envoy).await?;
        let stop = stop_token()?;
        let tasks = TaskTracker::new();
        let usersvc = serve_demo(chancery_demo::usersvc(), &tasks, &stop).await?;
        let gruesvc = serve_demo(chancery_demo::gruesvc(), &tasks, &stop).await?;
        let mut settings = self.server.settings(self.database)?;
        check_free(settings.gateway_http).await?;
        settings.services.push(fixed("usersvc", usersvc)?);
        settings.services.push(fixed("gruesvc", gruesvc)?);
        let admin = free_loopback().await?;
        settings.forbidden.push(admin);
        let samples = people::seed(&settings.database, &settings.clock).await?;
        settings.access.samples.clone_from(&samples);
        let is_open = settings.access.sign_in == SignIn::Open;
        tasks.spawn(days_pass(settings.clock.clone(), stop.clone())?);
        let server = Box::pin(Server::start(settings, stop.clone())).await?;

        let news = News { server: &server, ready_file: self.ready_file, samples, is_open };
        let ran = with_envoy(&self.envoy, &news, admin, &stop).await;
        let failure = server.failure();
        server.stop().await;
        tasks.close();
        tasks.wait().await;
        failure.map_or(ran, |what| Err(format!("{what} ended by itself; the log says more").into()))
    }
}

/// Moves the demo's clock a day on with each SIGUSR2, so that one can see what ends on a date.
fn days_pass(clock: Clock, stop: CancellationToken) -> Result<impl Future<Output = ()>, CliError> {
    let mut asked = signal(SignalKind::user_defined2())?;
    Ok(async move {
        loop {
            tokio::select! {
                Some(()) = asked.recv() => clock.advance(TimeDelta::days(1)),
                () = stop.cancelled() => return,
            }
            info!("a day has passed: it is {}", clock.now().format("%F %H:%M UTC"));
        }
    })
}

/// What is told once everything answers.
struct News<'a> {
    server: &'a Server,
    ready_file: Option<PathBuf>,
    samples: Vec<Sample>,
    /// Nobody needs to sign in.
    is_open: bool,
}

/// Runs Envoy until the demo is stopped, or until Envoy ends by itself.
async fn with_envoy(
    envoy: &Path,
    news: &News<'_>,
    admin: SocketAddr,
    stop: &CancellationToken,
) -> Result<(), CliError> {
    let server = news.server;
    let xds = vec![server.xds.into()];
    let node = NodeSettings { id: "demo".to_owned(), xds, admin, zone: None, credentials: None };
    let config = json::print(&bootstrap(&node), Format::Json)?;
    let mut child = spawn_envoy(envoy, &config)?;
    let ran = tokio::select! {
        () = stop.cancelled() => Ok(()),
        ended = child.wait() => Err(format!("envoy ended by itself ({})", ended?).into()),
        ready = until_ready(server) => match ready {
            Ok(()) => {
                announce(news).await?;
                tokio::select! {
                    () = stop.cancelled() => Ok(()),
                    ended = child.wait() => Err(format!("envoy ended by itself ({})", ended?).into()),
                }
            }
            Err(error) => Err(error),
        },
    };
    end_envoy(child).await;
    ran
}

async fn check_envoy(envoy: &Path) -> Result<(), CliError> {
    let version = Command::new(envoy).arg("--version").output().await;
    match version {
        Ok(output) if output.status.success() => Ok(()),
        Ok(output) => Err(format!("`{} --version` failed ({})", envoy.display(), output.status).into()),
        Err(error) => Err(format!(
            "can't run Envoy as `{}`: {error}; install it with `make setup` or name it with --envoy",
            envoy.display()
        )
        .into()),
    }
}

/// Checks that Envoy will be able to listen: it would only say in its log that it can't.
async fn check_free(gateway: SocketAddr) -> Result<(), CliError> {
    match TcpListener::bind(gateway).await {
        Ok(_free_again) => Ok(()),
        Err(error) => {
            Err(format!("can't listen on {gateway} for the gateway (--gateway-http): {error}")
                .into())
        }
    }
}

fn spawn_envoy(envoy: &Path, config: &str) -> Result<Child, CliError> {
    let child = Command::new(envoy)
        .args(["--config-yaml", config])
        // shared memory for hot restarts would collide with another Envoy on this machine
        .arg("--disable-hot-restart")
        // a connection that is open learns of a new listener with its next answer
        .args(["--drain-strategy", "immediate"])
        .args(["--log-level", "warning", "--concurrency", "2"])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        // Ctrl-C is for us: we end Envoy, and know that it did not end by itself
        .process_group(0)
        .kill_on_drop(true)
        .spawn()?;
    Ok(child)
}

async fn end_envoy(mut child: Child) {
    let pid =
        child.id().and_then(|id| i32::try_from(id).ok()).and_then(rustix::process::Pid::from_raw);
    if let Some(pid) = pid {
        // it may have ended in between
        let _gone = rustix::process::kill_process(pid, rustix::process::Signal::TERM);
    }
    if tokio::time::timeout(ENVOY_STOP_TIMEOUT, child.wait()).await.is_err() {
        let _gone = child.kill().await;
    }
}

async fn until_ready(server: &Server) -> Result<(), CliError> {
    let gateway = reachable(server.gateway_http);
    let deadline = Instant::now() + ENVOY_START_TIMEOUT;
    while TcpStream::connect(gateway).await.is_err() {
        if Instant::now() > deadline {
            let seconds = ENVOY_START_TIMEOUT.as_secs();
            return Err(format!("envoy did not listen on {gateway} within {seconds} s").into());
        }
        tokio::time::sleep(LISTENING_POLL).await;
    }
    Ok(())
}

async fn announce(news: &News<'_>) -> Result<(), CliError> {
    let News { server, ready_file, samples, is_open } = news;
    let people = told(samples, *is_open);
    let gateway = reachable(server.gateway_http);
    let portal = server.http;
    print(&format!(
        "
  portal    http://{portal}/
  gateway   http://{gateway}/

Map a prefix to a service, then use it:

  curl -XPOST -H \"Content-Type: application/json\" \\
       -d '{{ \"prefix\": \"/user/\", \"service\": \"usersvc\" }}' \\
       http://{portal}/ambassador/mapping/usermapping
  curl http://{gateway}/user/health

  curl -XPOST -H \"Content-Type: application/json\" \\
       -d '{{ \"prefix\": \"/grue/\", \"service\": \"gruesvc\", \"rewrite\": \"/grue/\" }}' \\
       http://{portal}/ambassador/mapping/gruemapping
  curl http://{gateway}/grue/health

  curl http://{portal}/ambassador/mappings
  curl http://{portal}/ambassador/stats
  curl -XDELETE http://{portal}/ambassador/mapping/gruemapping
{people}
Ctrl-C stops all of it.
"
    ))?;
    let Some(file) = ready_file else { return Ok(()) };
    let users: Map<String, Value> = samples
        .iter()
        .map(|sample| (sample.user.clone(), Value::from(sample.password.as_str())))
        .collect();
    let addresses = json!({
        "portal": format!("http://{portal}"),
        "gateway": format!("http://{gateway}"),
        "xds": server.xds.to_string(),
        "users": users,
    });
    // renamed into place, so that a reader never sees half of it
    let part = file.with_extension("part");
    tokio::fs::write(&part, format!("{addresses}\n")).await?;
    tokio::fs::rename(&part, file).await?;
    Ok(())
}

/// Says who can sign in.
fn told(samples: &[Sample], is_open: bool) -> String {
    if samples.is_empty() {
        return String::new();
    }
    let lines: String = samples
        .iter()
        .map(|Sample { user, password, says }| format!("  {user:<8}{password}  {says}\n"))
        .collect();
    let why = match is_open {
        true => "Nobody needs to sign in. To try what others see, sign in as one of them:",
        false => "Sign in as one of them; the lines above need an API token of theirs, too:",
    };
    format!("\n{why}\n\n{lines}")
}

async fn serve_demo(
    router: axum::Router,
    tasks: &TaskTracker,
    stop: &CancellationToken,
) -> Result<SocketAddr, CliError> {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
    let address = listener.local_addr()?;
    let stop = stop.clone();
    tasks.spawn(async move {
        let served = axum::serve(listener, router).with_graceful_shutdown(stop.cancelled_owned());
        if let Err(error) = served.await {
            tracing::error!("a demo service ended: {error}");
        }
    });
    Ok(address)
}

fn fixed(name: &str, address: SocketAddr) -> Result<FixedService, CliError> {
    let service = crate::gateway::service::ServiceName::parse(name)?;
    Ok(FixedService { service, endpoints: Endpoints::known([address]) })
}

async fn free_loopback() -> Result<SocketAddr, CliError> {
    Ok(TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?.local_addr()?)
}

/// Returns where a client on this machine reaches a listener.
fn reachable(address: SocketAddr) -> SocketAddr {
    if address.ip().is_unspecified() {
        SocketAddr::new(Ipv4Addr::LOCALHOST.into(), address.port())
    } else {
        address
    }
}

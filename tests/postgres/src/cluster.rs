//! The shared cluster: started by the first test process that needs it, stopped by a warden once
//! no process uses it any more. Owns the folder, its locks and the warden; must never know what
//! the databases in it are for.
//!
//! Every user holds a shared lock on the file `users` for as long as it lives, and the kernel
//! lets go of it however the process ends. The warden (`warden.sh`) waits for the exclusive lock.
//! The file `door` is locked while somebody starts or stops the cluster.

use std::fs::{self, File, OpenOptions};
use std::hash::{BuildHasher, RandomState};
use std::io;
use std::net::{TcpListener, TcpStream};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::{Mutex, PoisonError};

use crate::binaries::Binaries;
use crate::certificate;
use crate::program::{Problem, run};

const WARDEN: &str = include_str!("warden.sh");
const SETTINGS: &str = "\
listen_addresses = '127.0.0.1'
unix_socket_directories = ''
max_connections = 500
shared_buffers = 64MB
fsync = on
synchronous_commit = on
";

/// What a cluster demands of those who connect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Demand {
    /// A password.
    Password,
    /// The same, over TLS.
    Tls,
    /// A password, and that they are few.
    FewConnections,
}

/// What comes after the settings of all.
const FEW_CONNECTIONS: &str = "max_connections = 50\n";

impl Demand {
    /// How the folder of its cluster ends.
    fn ending(self) -> &'static str {
        match self {
            Self::Password => "",
            Self::Tls => "-tls",
            Self::FewConnections => "-few",
        }
    }
}

/// A running cluster, as its superuser reaches it.
#[derive(Debug, Clone)]
pub(crate) struct Cluster {
    demand: Demand,
    folder: PathBuf,
    port: u16,
    password: String,
}

impl Cluster {
    pub(crate) fn url(&self, database: &str) -> String {
        let Self { demand, port, password, .. } = self;
        // The one name in its certificate.
        let host = if *demand == Demand::Tls { "localhost" } else { "127.0.0.1" };
        format!("postgres://postgres:{password}@{host}:{port}/{database}")
    }

    /// The file with the authority that signed its certificate, where it has one.
    pub(crate) fn authority(&self) -> PathBuf {
        self.folder.join("ca.pem")
    }
}

/// What this process holds while it uses the cluster.
struct Membership {
    cluster: Cluster,
    _users: File,
}

static MEMBERSHIP: Mutex<Option<Membership>> = Mutex::new(None);
static MEMBERSHIP_OVER_TLS: Mutex<Option<Membership>> = Mutex::new(None);
static MEMBERSHIP_OF_FEW: Mutex<Option<Membership>> = Mutex::new(None);

/// The cluster, which from now on lives at least as long as this process.
pub(crate) fn join(binaries: &Binaries, demand: Demand) -> Result<Cluster, Problem> {
    let membership = match demand {
        Demand::Password => &MEMBERSHIP,
        Demand::Tls => &MEMBERSHIP_OVER_TLS,
        Demand::FewConnections => &MEMBERSHIP_OF_FEW,
    };
    let mut membership = membership.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(membership) = &*membership {
        return Ok(membership.cluster.clone());
    }
    let folder = folder(demand)?;
    let door = lock_file(&folder, "door")?;
    door.lock()?;
    let cluster = match running(&folder, demand) {
        Some(cluster) => cluster,
        None => start(binaries, &folder, demand)?,
    };
    let users = lock_file(&folder, "users")?;
    users.lock_shared()?;
    *membership = Some(Membership { cluster: cluster.clone(), _users: users });
    Ok(cluster)
}

/// One folder for each working copy, so that neighbours don't meet.
fn folder(demand: Demand) -> Result<PathBuf, Problem> {
    let copy = hash(env!("CARGO_MANIFEST_DIR"));
    let name = format!("provost-test-postgres-{copy:016x}{}", demand.ending());
    let folder = std::env::temp_dir().join(name);
    fs::create_dir_all(&folder)?;
    Ok(folder)
}

/// FNV-1a: the same in every process, unlike the hash maps' own.
fn hash(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

fn lock_file(folder: &Path, name: &str) -> io::Result<File> {
    OpenOptions::new().create(true).truncate(false).write(true).open(folder.join(name))
}

/// The file `address` holds port and password, and somebody listens there.
fn running(folder: &Path, demand: Demand) -> Option<Cluster> {
    let address = fs::read_to_string(folder.join("address")).ok()?;
    let (port, password) = address.trim().split_once(' ')?;
    let port = port.parse().ok()?;
    TcpStream::connect(("127.0.0.1", port)).ok()?;
    Some(Cluster { demand, folder: folder.to_owned(), port, password: password.to_owned() })
}

fn start(binaries: &Binaries, folder: &Path, demand: Demand) -> Result<Cluster, Problem> {
    let data = folder.join("data");
    if data.exists() {
        // Left behind by a machine that went down: nobody listens, so nobody uses it.
        fs::remove_dir_all(&data)?;
    }
    fs::create_dir(&data)?;
    if let Some(account) = binaries.account() {
        run(Command::new("chown").arg(account).arg(&data))?;
    }
    let password = format!("{:016x}", RandomState::new().hash_one(std::process::id()));
    let password_file = data.with_file_name("password");
    fs::write(&password_file, &password)?;
    initialise(binaries, &data, &password_file)?;

    let port = TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port();
    append_settings(&data, port, demand)?;
    if demand == Demand::Tls {
        certificate::demand_tls(binaries, folder, &data)?;
    }
    run(binaries
        .owner("pg_ctl")
        .args(["start", "-w", "-t", "60", "-l"])
        .arg(data.join("server.log"))
        .arg("-D")
        .arg(&data))?;
    fs::write(folder.join("address"), format!("{port} {password}"))?;
    post_warden(binaries, folder)?;
    Ok(Cluster { demand, folder: folder.to_owned(), port, password })
}

/// `--no-sync` spares only the set-up: the cluster itself runs with `fsync` on.
fn initialise(binaries: &Binaries, data: &Path, password_file: &Path) -> Result<(), Problem> {
    run(binaries
        .owner("initdb")
        .args(["--no-sync", "--username=postgres", "--encoding=UTF8"])
        .args(["--locale=C.UTF-8", "--auth=scram-sha-256"])
        .arg(format!("--pwfile={}", password_file.display()))
        .arg("-D")
        .arg(data))
}

fn append_settings(data: &Path, port: u16, demand: Demand) -> Result<(), Problem> {
    let file = data.join("postgresql.conf");
    let defaults = fs::read_to_string(&file)?;
    let own = if demand == Demand::FewConnections { FEW_CONNECTIONS } else { "" };
    fs::write(&file, format!("{defaults}\nport = {port}\n{SETTINGS}{own}"))?;
    Ok(())
}

/// In a process group of its own, so that it outlives a test run that is interrupted.
fn post_warden(binaries: &Binaries, folder: &Path) -> Result<(), Problem> {
    Command::new("bash")
        .args(["-c", WARDEN, "warden"])
        .arg(folder)
        .arg(binaries.path("pg_ctl"))
        .arg(binaries.account().unwrap_or_default())
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .process_group(0)
        .spawn()?;
    Ok(())
}

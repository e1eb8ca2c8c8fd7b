//! A wire between a store and its server that a test can cut: what a restart, a failover or a
//! broken network looks like from here.
#![allow(dead_code, unreachable_pub)] // each test file uses its part

use std::{
    net::SocketAddr,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    sync::broadcast,
};

#[derive(Clone)]
pub struct Wire {
    pub address: SocketAddr,
    server: Arc<Mutex<SocketAddr>>,
    cut: broadcast::Sender<()>,
    hush: broadcast::Sender<()>,
    refuses: Arc<AtomicBool>,
    deaf: Arc<AtomicBool>,
    open: Arc<AtomicUsize>,
}

impl Wire {
    /// A wire to the server at this address.
    pub async fn to(server: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let wire = Self {
            address: listener.local_addr().unwrap(),
            server: Arc::new(Mutex::new(server)),
            cut: broadcast::channel(1).0,
            hush: broadcast::channel(1).0,
            refuses: Arc::default(),
            deaf: Arc::default(),
            open: Arc::default(),
        };
        let accepting = wire.clone();
        tokio::spawn(async move {
            while let Ok((near, _)) = listener.accept().await {
                if accepting.refuses.load(Ordering::SeqCst) {
                    continue; // closed at once
                }
                // From now on a cut is for this one too.
                accepting.open.fetch_add(1, Ordering::SeqCst);
                let (wire, cut) = (accepting.clone(), accepting.cut.subscribe());
                let hush = accepting.hush.subscribe();
                tokio::spawn(async move {
                    let server = *wire.server.lock().unwrap();
                    // A server that is gone refuses; so does the wire then.
                    if let Ok(far) = TcpStream::connect(server).await {
                        wire.carry(near, far, cut, hush).await;
                    }
                    wire.open.fetch_sub(1, Ordering::SeqCst);
                });
            }
        });
        wire
    }

    async fn carry(
        &self,
        near: TcpStream,
        far: TcpStream,
        mut cut: broadcast::Receiver<()>,
        mut hush: broadcast::Receiver<()>,
    ) {
        let (mut near_in, mut near_out) = near.into_split();
        let (mut far_in, mut far_out) = far.into_split();
        let there = tokio::io::copy(&mut near_in, &mut far_out);
        let back = async {
            let mut buffer = vec![0; 1 << 16];
            while let Ok(read @ 1..) = far_in.read(&mut buffer).await {
                // What the server said is lost, and the wire with it.
                if self.deaf.load(Ordering::SeqCst) {
                    break;
                }
                if near_out.write_all(&buffer[..read]).await.is_err() {
                    break;
                }
            }
        };
        let hushed = tokio::select! {
            _ = there => false,
            () = back => false,
            _ = cut.recv() => false,
            _ = hush.recv() => true,
        };
        if hushed {
            let _ = cut.recv().await;
        }
    }

    /// Leads what connects from now on to another server, as a proxy does after a failover.
    pub fn lead_to(&self, server: SocketAddr) {
        *self.server.lock().unwrap() = server;
    }

    /// Cuts what is connected; nothing is any more when this is done.
    pub async fn cut(&self) {
        let _ = self.cut.send(());
        while self.open.load(Ordering::SeqCst) > 0 {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }

    /// Swallows all that comes by what is connected, as a firewall does that has forgotten it.
    pub fn swallow(&self) {
        let _ = self.hush.send(());
    }

    /// Whether new connections are refused.
    pub fn refuse(&self, refuse: bool) {
        self.refuses.store(refuse, Ordering::SeqCst);
    }

    /// Whether a connection ends where the server answers: what was asked was done, and nobody
    /// is told.
    pub fn deafen(&self, deaf: bool) {
        self.deaf.store(deaf, Ordering::SeqCst);
    }
}

//! From the settings to the last request.

use std::{error::Error, io, net::SocketAddr, sync::Arc, time::Duration};

use portcullis::{auth::Auth, web};
use tokio::{net::TcpListener, signal::unix, sync::Notify, time::sleep};

use crate::{
    app::{App, router},
    config::Config,
    database::AnyStore,
    leads::Leads,
    pages::Pages,
    post::Post,
    set_up::set_up,
};

/// How long requests under way may take after the program was told to end.
const DRAIN: Duration = Duration::from_secs(10);

/// Serves until SIGTERM or ctrl-c, then ends cleanly.
pub(crate) async fn serve(config: Config) -> Result<(), Box<dyn Error>> {
    // Before anything else: a second instance must not touch the database of the first.
    let listener = TcpListener::bind(config.listen)
        .await
        .map_err(|error| format!("{} cannot be listened on: {error}", config.listen))?;
    let ended = ended()?;

    let store = AnyStore::open(&config.database)
        .await
        .map_err(|error| format!("the database cannot be used: {}", whole(&error)))?;
    let leads = Leads::open(&config.database).await?;
    let post = Post::new(config.smtp.as_ref(), &config.site).map_err(|error| error.0)?;
    let mailbox = post.mailbox();
    let pages = Pages::new(config.site.clone(), mailbox.is_some())?;
    let (auth, operator) = Auth::builder(store.store()).site(config.site).mailer(post).build()?;
    set_up(&operator, leads.pool()).await?;
    drop(operator);

    let background = tokio::spawn(auth.clone().background());
    if auth.site().is_secure() && config.proxies == 0 {
        // Something before this program speaks HTTPS, so every request comes from its address.
        tracing::warn!(
            "PUBLIC_URL is https and TRUSTED_PROXIES is 0: everybody behind the proxy shares one \
             limit, so a hundred wrong log-ins stop everybody's for ten minutes. Set \
             TRUSTED_PROXIES to the number of proxies that add to X-Forwarded-For"
        );
    }
    let service = web::Service::new(auth.clone()).trusted_proxies(config.proxies);
    let door = service.door().clone();
    let app = App { auth: auth.clone(), door, leads: leads.clone(), pages, mailbox };
    let router = router(app, service).into_make_service_with_connect_info::<SocketAddr>();

    tracing::info!(address = %config.listen, site = %auth.site(), "ready");
    let told = Arc::new(Notify::new());
    let serving = axum::serve(listener, router).with_graceful_shutdown({
        let told = Arc::clone(&told);
        async move {
            ended.await;
            tracing::info!("ending: requests under way are finished first");
            told.notify_one();
        }
    });
    let patience = async {
        told.notified().await;
        sleep(DRAIN).await;
    };
    tokio::select! {
        served = serving.into_future() => served?,
        () = patience => tracing::warn!("some requests took too long and were cut off"),
    }

    background.abort();
    if let Err(error) = auth.flush_activity().await {
        tracing::warn!(kind = error.kind(), "last-seen times were not written");
    }
    leads.close().await;
    store.close().await;
    tracing::info!("ended");
    Ok(())
}

/// Resolves when the program is told to end. The signals are caught from the call on.
fn ended() -> io::Result<impl Future<Output = ()>> {
    let mut terminate = unix::signal(unix::SignalKind::terminate())?;
    let mut interrupt = unix::signal(unix::SignalKind::interrupt())?;
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    })
}

/// An error with what caused it, for the operator's eyes.
fn whole(error: &dyn Error) -> String {
    let mut said = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        said = format!("{said}: {error}");
        cause = error.source();
    }
    said
}

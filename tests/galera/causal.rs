//! Reads that wait for what other nodes have acknowledged.

use std::{sync::Arc, time::Duration};

use portcullis::store::Store;
use sqlx::Executor as _;

use crate::{
    cluster::Cluster,
    forgiving::Forgiving,
    house::{GOOD, client, kind},
    races::Site,
    turns::Turns,
};

/// How long a node is held that would have answered long before.
const HELD: Duration = Duration::from_millis(500);

/// A session that ended on one node opens on none, although one of them is behind: who asks there
/// waits until it is not. A store that was told not to wait opens it.
pub(crate) async fn a_session_that_ended_opens_nowhere(
    cluster: &Cluster,
    site: &Site,
    forgiving: &Forgiving,
) {
    site.house.furnished().await;
    let behind = 2;
    let stale = cluster.options(behind).danger_stale_reads();
    let stale = forgiving.asked(async || stale.open().await).await;
    let stale = Turns::of([Arc::new(stale) as Arc<dyn Store>], forgiving);
    let stale = Site::on(&stale.alone()).house.auth;
    let signed_in = site.house.login("admin", GOOD).await;
    for auth in &site.auths {
        assert_eq!(kind(auth.identify(&signed_in.token).await), "ok");
    }
    assert_eq!(kind(stale.identify(&signed_in.token).await), "ok");

    // What the others write is not applied here, for as long as this connection says so.
    let mut held = cluster.connect(behind).await;
    held.execute("FLUSH TABLES WITH READ LOCK").await.unwrap();
    site.auths[0].logout(&signed_in.token, &client()).await.unwrap();
    assert_eq!(kind(site.auths[1].identify(&signed_in.token).await), "unauthenticated");
    assert_eq!(kind(stale.identify(&signed_in.token).await), "ok", "this node is not behind");
    let waiting = {
        let (auth, token) = (site.auths[behind].clone(), signed_in.token.clone());
        tokio::spawn(async move { auth.identify(&token).await })
    };
    tokio::time::sleep(HELD).await;
    assert!(!waiting.is_finished(), "a node that is behind answers");
    held.execute("UNLOCK TABLES").await.unwrap();
    assert_eq!(kind(waiting.await.unwrap()), "unauthenticated");
}

//! Looks at the nodes while the test runs, and says what they are doing where one takes long.
//!
//! A node that does not answer in time may wait for another, or for a lock. Or it may not run at
//! all: where we could look, something outside had stopped every server. What this prints tells
//! them apart.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use sqlx::{AssertSqlSafe, MySqlConnection, Row as _};

use crate::cluster::{Cluster, NODES};

/// How often it looks.
const BETWEEN: Duration = Duration::from_millis(500);

/// What takes longer than this is told of. A call of the store is given up after ten seconds.
const LONG: Duration = Duration::from_secs(4);

/// What is running there, how the node stands in the cluster, and what is not committed.
const ASKED: [&str; 3] = [
    "SELECT CONCAT_WS(' | ', id, user, command, time_ms, state, LEFT(info, 120)) \
     FROM information_schema.processlist",
    "SELECT CONCAT_WS(' ', variable_name, variable_value) FROM information_schema.global_status \
     WHERE variable_name IN ('wsrep_cluster_status', 'wsrep_cluster_size', \
     'wsrep_local_state_comment', 'wsrep_last_committed', 'wsrep_local_recv_queue', \
     'wsrep_local_send_queue', 'wsrep_flow_control_paused_ns', 'wsrep_local_bf_aborts', \
     'wsrep_local_cert_failures')",
    "SELECT CONCAT_WS(' | ', trx_mysql_thread_id, trx_state, trx_started, trx_wait_started, \
     trx_rows_locked, LEFT(trx_query, 120)) FROM information_schema.innodb_trx",
];

/// Looks until it is dropped.
pub(crate) struct Watch(Arc<AtomicBool>);

impl Watch {
    pub(crate) async fn over(cluster: &Cluster) -> Self {
        let ended = Arc::new(AtomicBool::new(false));
        for node in 0..NODES {
            let (connection, ended) = (cluster.connect(node).await, Arc::clone(&ended));
            tokio::spawn(look(node, connection, ended));
        }
        Self(ended)
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.0.store(true, Ordering::SeqCst);
    }
}

/// Looks until it is over, or the node is gone.
async fn look(node: usize, mut connection: MySqlConnection, ended: Arc<AtomicBool>) {
    // A transaction that waits in a node may look as if nobody asked for anything.
    let long = LONG.as_secs();
    let slow = format!(
        "SELECT (SELECT COUNT(*) FROM information_schema.processlist \
         WHERE user <> 'system user' AND command <> 'Sleep' AND time >= {long}) + \
         (SELECT COUNT(*) FROM information_schema.innodb_trx \
         WHERE trx_started < NOW() - INTERVAL {long} SECOND)"
    );
    while !ended.load(Ordering::SeqCst) {
        tokio::time::sleep(BETWEEN).await;
        let asked = Instant::now();
        let slow = sqlx::query_scalar::<_, i64>(AssertSqlSafe(slow.as_str()));
        let slow = match slow.fetch_one(&mut connection).await {
            Ok(slow) => slow,
            Err(error) => return eprintln!("node {node} is watched no more: {error}"),
        };
        // This asks the node for nothing that others write or hold.
        let stood_still = asked.elapsed();
        if slow > 0 || stood_still > LONG {
            eprintln!("node {node}: {slow} calls take long; it said so after {stood_still:?}");
            for question in ASKED {
                let rows = sqlx::query(question).fetch_all(&mut connection).await;
                for row in rows.unwrap_or_default() {
                    let line = row.try_get_unchecked::<Vec<u8>, _>(0).unwrap_or_default();
                    eprintln!("  {}", String::from_utf8_lossy(&line));
                }
            }
        }
    }
}

//! What `Auth::background` does while nobody asks.

#[path = "support/house.rs"]
#[macro_use]
mod house;

use std::time::{Duration, Instant};

use house::*;
use portcullis::{
    clock::{Clock as _, to_micros},
    entropy::SystemEntropy,
    id::BatchId,
    store::{Batch, Change, Row, Value, tables},
};

/// More than a few slices of a purge.
const EXPIRED: u32 = 450;

fn budget(number: u32, expires: i64) -> Change {
    let key = [[0; 28].as_slice(), &number.to_be_bytes()].concat();
    let row = vec![Value::Bytes(key), Value::Int(1), Value::Int(0), Value::Int(expires)];
    Change::Insert { table: &tables::BUDGETS, row: Row::new(row) }
}

on_every_store! { what_has_expired_is_gone_soon_after_the_start }

async fn what_has_expired_is_gone_soon_after_the_start(house: House) {
    let now = house.clock.now();
    let stands = budget(EXPIRED, to_micros(now + time::Duration::DAY));
    let changes = (0..EXPIRED).map(|number| budget(number, 0)).chain([stands]).collect();
    let id = BatchId::draw(now, &SystemEntropy).unwrap();
    house.store.commit(&Batch::new(id, now, changes)).await.unwrap();

    // A process that never lives for a minute does it as well.
    let background = tokio::spawn(house.auth.clone().background());
    let there = async |number: u32| {
        let key = [[0; 28].as_slice(), &number.to_be_bytes()].concat();
        house.store.get(&tables::BUDGETS, &key).await.unwrap().is_some()
    };
    let begun = Instant::now();
    for number in 0..EXPIRED {
        while there(number).await {
            assert!(begun.elapsed() < Duration::from_secs(20), "row {number} stands");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }
    assert!(there(EXPIRED).await, "what has not expired stands");
    background.abort();
}

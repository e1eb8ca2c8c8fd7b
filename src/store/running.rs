#![doc = include_str!("running.md")]

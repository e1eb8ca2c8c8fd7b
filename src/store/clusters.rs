#![doc = include_str!("clusters.md")]

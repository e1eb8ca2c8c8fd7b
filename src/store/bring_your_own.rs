#![doc = include_str!("bring_your_own.md")]

//! All tests that go through the crate's surface or its program, in one binary.

mod architecture;
mod catalogue;
mod cli;
mod files;
mod fuzz;
mod golden;
mod hub;
mod own;
mod serve;
mod skills;
mod sources;
mod support;

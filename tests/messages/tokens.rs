//! `bzky` and `time`: every message, error and role.

mod bzky;
mod time;

#[test]
fn every_message_and_error_of_bzky() {
    bzky::every_message_and_error();
}

#[test]
fn every_message_and_error_of_time() {
    time::every_message_and_error();
}

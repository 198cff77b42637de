//! Attacks on a connector and its process, each as a test by name: signals, files, limits of the system and
//! clients that do not behave.

mod files;
mod health;
mod stop;

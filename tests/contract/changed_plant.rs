//! The plant with one field of each struct renamed, so that documents of it are stale.

include!(concat!(env!("OUT_DIR"), "/changed_plant.rs"));

//! Modules under other names: `modules: [facade::goods, facade::deep::infra]`.

pub use shelf as goods;

/// A path of two.
pub mod deep {
    pub use shelf_kit as infra;
}

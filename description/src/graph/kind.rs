//! What a box stands for: its colours, and a line of the legend.

/// What a box stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    Module,
    Route,
    Command,
    Query,
    Event,
    Handler,
    Singleton,
    Scoped,
    Transient,
    Missing,
    Step,
    Done,
    Failed,
    Undone,
    NotRun,
}

/// Colours of a frame, and of what is in it.
pub(super) struct Colors {
    pub(super) frame: &'static str,
    pub(super) inside: &'static str,
}

impl Kind {
    /// In the legend.
    pub(super) fn word(self) -> &'static str {
        match self {
            Kind::Module => "module",
            Kind::Route => "route",
            Kind::Command => "command",
            Kind::Query => "query",
            Kind::Event => "event",
            Kind::Handler => "handler",
            Kind::Singleton => "singleton",
            Kind::Scoped => "scoped",
            Kind::Transient => "transient",
            Kind::Missing => "not provided",
            Kind::Step => "step",
            Kind::Done => "done",
            Kind::Failed => "failed",
            Kind::Undone => "undone",
            Kind::NotRun => "not run",
        }
    }

    /// As the name of a class.
    pub(super) fn class(self) -> String {
        self.word().replace(' ', "_")
    }

    /// On a light background.
    pub(super) fn light(self) -> Colors {
        self.hue().light()
    }

    /// On a dark background.
    pub(super) fn dark(self) -> Colors {
        self.hue().dark()
    }

    fn hue(self) -> Hue {
        match self {
            Kind::Module | Kind::Singleton | Kind::Step => Hue::Blue,
            Kind::Command => Hue::Teal,
            Kind::Query | Kind::Scoped | Kind::Done => Hue::Green,
            Kind::Event | Kind::Transient | Kind::Undone => Hue::Amber,
            Kind::Handler => Hue::Violet,
            Kind::Missing | Kind::Failed => Hue::Red,
            Kind::Route | Kind::NotRun => Hue::Grey,
        }
    }
}

#[derive(Clone, Copy)]
enum Hue {
    Blue,
    Teal,
    Green,
    Amber,
    Violet,
    Red,
    Grey,
}

impl Hue {
    fn light(self) -> Colors {
        let (frame, inside) = match self {
            Hue::Blue => ("#41608a", "#e8eff8"),
            Hue::Teal => ("#2f6f8f", "#e3f1f7"),
            Hue::Green => ("#3d7f4c", "#e6f4e9"),
            Hue::Amber => ("#a86a1f", "#fbf0df"),
            Hue::Violet => ("#6a4c93", "#f0eaf7"),
            Hue::Red => ("#b23b3b", "#fae5e5"),
            Hue::Grey => ("#7f8b97", "#f1f3f5"),
        };
        Colors { frame, inside }
    }

    fn dark(self) -> Colors {
        let (frame, inside) = match self {
            Hue::Blue => ("#7d9fce", "#1e2c40"),
            Hue::Teal => ("#6bb1d1", "#15303b"),
            Hue::Green => ("#7cc08b", "#19331f"),
            Hue::Amber => ("#dba25a", "#3a2a14"),
            Hue::Violet => ("#b095d8", "#2d2140"),
            Hue::Red => ("#e58080", "#401c1c"),
            Hue::Grey => ("#8b97a3", "#262c33"),
        };
        Colors { frame, inside }
    }
}

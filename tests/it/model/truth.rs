//! An order as its shop has it, and what the settings of this journey make of it.

/// The journey's shops.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shop {
    /// `acme-au`: AU and NZ only, kits, test items.
    Bigcommerce,
    /// `acme-widgets`: no rules but the statuses.
    Ecwid,
}

/// All of an order that matters to anybody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Truth {
    pub(super) shop: Shop,
    /// Archived or deleted.
    pub(super) gone: bool,
    pub(super) status: Status,
    pub(super) placed: Placed,
    pub(super) country: &'static str,
    pub(super) street: String,
    pub(super) note: String,
    pub(super) lines: Vec<Line>,
}

/// When it was placed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Placed {
    /// At [`BEFORE_START`].
    BeforeStart,
    /// Hours ago: nobody waits for the buyer any more.
    Earlier,
    /// A moment ago: it waits for its buyer far longer than the journey takes.
    JustNow,
}

/// Before the shops' start date.
pub(super) const BEFORE_START: &str = "2019-06-01T00:00:00Z";

/// Units of one SKU.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Line {
    pub(super) sku: &'static str,
    pub(super) ordered: u32,
    pub(super) refunded: u32,
}

/// A status, as the platform has it, and what it means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Status {
    pub(super) name: Name,
    pub(super) meaning: Meaning,
}

/// By its id, or by payment and fulfilment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Name {
    Id(i64),
    Both(&'static str, &'static str),
}

/// What a status means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Meaning {
    /// To be packed.
    Wanted,
    /// Not to be packed now, by this rule.
    Kept(&'static str),
    /// Not to be packed any more, for this reason.
    Ended(&'static str),
}

/// Those of the BigCommerce shop; the first two are those that buyers begin with: paid and unpaid.
pub(super) const BIGCOMMERCE: [Status; 6] = [
    Status { name: Name::Id(11), meaning: Meaning::Wanted },
    Status { name: Name::Id(7), meaning: Meaning::Kept("status: awaiting_payment") },
    Status { name: Name::Id(9), meaning: Meaning::Kept("status: awaiting_shipment") },
    Status { name: Name::Id(5), meaning: Meaning::Ended("cancelled at the shop") },
    Status { name: Name::Id(6), meaning: Meaning::Ended("declined at the shop") },
    Status { name: Name::Id(4), meaning: Meaning::Ended("refunded at the shop") },
];

/// Those of the Ecwid shop, likewise.
pub(super) const ECWID: [Status; 6] = [
    Status { name: Name::Both("PAID", "AWAITING_PROCESSING"), meaning: Meaning::Wanted },
    Status {
        name: Name::Both("AWAITING_PAYMENT", "AWAITING_PROCESSING"),
        meaning: Meaning::Kept("payment_status: AWAITING_PAYMENT"),
    },
    Status {
        name: Name::Both("PAID", "PROCESSING"),
        meaning: Meaning::Kept("fulfillment_status: PROCESSING"),
    },
    Status {
        name: Name::Both("CANCELLED", "AWAITING_PROCESSING"),
        meaning: Meaning::Ended("CANCELLED at the shop"),
    },
    Status { name: Name::Both("REFUNDED", "PROCESSING"), meaning: Meaning::Ended("REFUNDED at the shop") },
    Status {
        name: Name::Both("PAID", "WILL_NOT_DELIVER"),
        meaning: Meaning::Ended("WILL_NOT_DELIVER at the shop"),
    },
];

/// What the settings make of an order that the warehouse does not have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Fate {
    Filtered(String),
    Held(String),
    Cancelled(String),
    Wanted(Shape),
}

/// An order as the warehouse is to have it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Shape {
    /// By SKU.
    pub(super) lines: Vec<(String, u32)>,
    pub(super) street: String,
    pub(super) country: String,
    pub(super) note: String,
    pub(super) test: bool,
}

impl Line {
    pub(super) fn left(&self) -> u32 {
        self.ordered - self.refunded
    }
}

impl Truth {
    /// By the rules in their order: end, start date, status, something to ship, country, fit to be packed, time for the buyer.
    pub(super) fn fate(&self) -> Fate {
        if let Meaning::Ended(reason) = self.status.meaning {
            return Fate::Cancelled(reason.to_owned());
        }
        if self.placed == Placed::BeforeStart {
            return Fate::Filtered(format!("start_date: {BEFORE_START}"));
        }
        if let Meaning::Kept(reason) = self.status.meaning {
            return Fate::Filtered(reason.to_owned());
        }
        if self.is_empty() {
            return Fate::Filtered(format!("nothing_to_ship: {} lines, none shipped", self.lines.len()));
        }
        if self.shop == Shop::Bigcommerce && !["AU", "NZ"].contains(&self.country) {
            return Fate::Filtered(format!("country: {}", self.country));
        }
        match self.shape() {
            Err(reason) => Fate::Held(reason),
            Ok(_) if self.placed == Placed::JustNow => Fate::Held("waits 1 h for the buyer".to_owned()),
            Ok(shape) => Fate::Wanted(shape),
        }
    }

    /// Whether all of it was given back.
    pub(super) fn is_empty(&self) -> bool {
        self.lines.iter().all(|line| line.left() == 0)
    }

    /// What is to be packed, or why it cannot be.
    pub(super) fn shape(&self) -> Result<Shape, String> {
        let strict = self.shop == Shop::Bigcommerce;
        let is_kit = |line: &&Line| strict && line.sku.starts_with("KIT-");
        let is_test = |line: &&&Line| strict && line.sku == "Test001";
        let left: Vec<&Line> = self.lines.iter().filter(|line| line.left() > 0).collect();
        let packed: Vec<&Line> = left.iter().copied().filter(|line| !is_kit(line)).collect();
        if let Some(kit) = left.iter().copied().find(is_kit)
            && packed.is_empty()
        {
            let sku = kit.sku;
            return Err(format!(
                "'{sku}' is a kit, and none of its parts is in the order; add them at the shop"
            ));
        }
        if packed.is_empty() {
            return Err("nothing of the order is to be packed".to_owned());
        }
        let tests = packed.iter().filter(is_test).count();
        if tests > 0 && tests < packed.len() {
            return Err("the order mixes test items with real ones; split it at the shop".to_owned());
        }
        let mut lines: Vec<_> = packed.iter().map(|line| (line.sku.to_owned(), line.left())).collect();
        lines.sort();
        Ok(Shape {
            lines,
            street: self.street.clone(),
            country: self.country.to_owned(),
            note: self.note.clone(),
            test: tests > 0,
        })
    }
}

//! Where things stand on the screen, as a function of its size; used by drawing and by paging alike.

use ratatui::layout::Rect;

/// Narrowest and lowest screen that is drawn.
pub(crate) const MIN: (u16, u16) = (40, 8);

/// Panes of the frame. What there is no room for is empty.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub(crate) struct Areas {
    pub(crate) header: Rect,
    pub(crate) body: Rect,
    /// The event list with its border.
    pub(crate) list: Rect,
    /// The event under the cursor, field by field.
    pub(crate) detail: Rect,
    /// Its effects and bytes.
    pub(crate) raw: Rect,
    /// The prompt, or the last message.
    pub(crate) status: Rect,
    pub(crate) footer: Rect,
}

/// Whether there is room for anything but a sentence.
pub(crate) fn usable(size: (u16, u16)) -> bool {
    size.0 >= MIN.0 && size.1 >= MIN.1
}

/// Whether panes have a border at this size.
pub(crate) fn bordered(size: (u16, u16)) -> bool {
    size.0 >= 80
}

/// The panes: three from 160 columns on, two from 120, list above detail from 80, else the list alone.
pub(crate) fn areas(size: (u16, u16)) -> Areas {
    let (width, height) = size;
    if !usable(size) {
        return Areas::default();
    }
    let line = |y| Rect { x: 0, y, width, height: 1 };
    let body = Rect { x: 0, y: 1, width, height: height - 3 };
    let mut areas = Areas {
        header: line(0),
        body,
        list: body,
        status: line(height - 2),
        footer: line(height - 1),
        ..Areas::default()
    };
    if width >= 160 {
        let (detail, raw) = (width / 5 + 4, 44);
        areas.list.width = width - detail - raw;
        areas.detail = Rect { x: areas.list.width, width: detail, ..body };
        areas.raw = Rect { x: areas.list.width + detail, width: raw, ..body };
    } else if width >= 120 {
        areas.list.width = width * 2 / 3;
        areas.detail = Rect { x: areas.list.width, width: width - areas.list.width, ..body };
    } else if width >= 80 && height >= 18 {
        areas.list.height = body.height - 8;
        areas.detail = Rect { y: body.y + areas.list.height, height: 8, ..body };
    }
    areas
}

/// The part of a pane inside its border.
pub(crate) fn inner(size: (u16, u16), pane: Rect) -> Rect {
    if !bordered(size) {
        return pane;
    }
    Rect {
        x: pane.x + 1,
        y: pane.y + 1,
        width: pane.width.saturating_sub(2),
        height: pane.height.saturating_sub(2),
    }
}

/// The rows of the event list.
pub(crate) fn list_inner(size: (u16, u16)) -> Rect {
    inner(size, areas(size).list)
}

/// How many events the list shows at once.
pub(crate) fn list_rows(size: (u16, u16)) -> u16 {
    list_inner(size).height
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn panes_tile_the_body_at_every_size() {
        for width in 0..300 {
            for height in 0..70 {
                let size = (width, height);
                let a = areas(size);
                let cells = u32::from(a.body.width) * u32::from(a.body.height);
                let sum: u32 = [a.list, a.detail, a.raw].iter().map(|r| r.area()).sum();
                assert_eq!(sum, cells, "{size:?}");
                assert_eq!(usable(size), list_rows(size) > 0, "{size:?}");
            }
        }
    }
}

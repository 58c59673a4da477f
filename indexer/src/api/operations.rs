//! Names of the document's operations.

use utoipa::openapi::{path::Operation, OpenApi};

/// Names each operation by its method and path, such as
/// `get_merchants_id_candles`: a name must be the only one of its kind in the
/// document, and those of the functions behind it are not.
pub(super) fn name(document: &mut OpenApi) {
    for (path, item) in &mut document.paths.paths {
        name_one("get", path, item.get.as_mut());
        name_one("put", path, item.put.as_mut());
    }
}

fn name_one(method: &str, path: &str, operation: Option<&mut Operation>) {
    let Some(operation) = operation else { return };
    let segments = path.split('/').filter(|segment| !segment.is_empty() && *segment != "v1");
    let words = segments.map(|segment| segment.trim_matches(['{', '}']).replace(['-', '.'], "_"));
    let name: Vec<String> = std::iter::once(method.to_owned()).chain(words).collect();
    operation.operation_id = Some(name.join("_"));
}

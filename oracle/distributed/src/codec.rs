//! Plans as bytes: Ballista's own operators, and ours.

use ballista_core::serde::BallistaPhysicalExtensionCodec;
use bizkey_oracle::lake::{decode_operator, encode_operator};
use datafusion::{
    error::{DataFusionError, Result},
    execution::TaskContext,
    physical_plan::ExecutionPlan,
};
use datafusion_proto::physical_plan::{PhysicalExtensionCodec, PhysicalProtoConverterExtension};
use std::sync::Arc;

/// Whose operator the bytes after this one are of.
const BALLISTA: u8 = 0;
const OURS: u8 = 1;

/// Reads and writes operators that DataFusion does not know. All processes of
/// a cluster have it.
#[derive(Debug, Default)]
pub(crate) struct Codec {
    ballista: BallistaPhysicalExtensionCodec,
}

impl PhysicalExtensionCodec for Codec {
    fn try_decode(
        &self,
        bytes: &[u8],
        inputs: &[Arc<dyn ExecutionPlan>],
        context: &TaskContext,
        converter: &dyn PhysicalProtoConverterExtension,
    ) -> Result<Arc<dyn ExecutionPlan>> {
        match bytes.split_first() {
            Some((&OURS, bytes)) => decode_operator(bytes, inputs),
            Some((&BALLISTA, bytes)) => self.ballista.try_decode(bytes, inputs, context, converter),
            _ => Err(DataFusionError::Plan(
                "an operator came from a process that is no `bizkey`: run one program in all processes".to_owned(),
            )),
        }
    }

    fn try_encode(
        &self,
        plan: Arc<dyn ExecutionPlan>,
        bytes: &mut Vec<u8>,
        converter: &dyn PhysicalProtoConverterExtension,
    ) -> Result<()> {
        if let Some(operator) = encode_operator(plan.as_ref())? {
            bytes.push(OURS);
            bytes.extend(operator);
            return Ok(());
        }
        bytes.push(BALLISTA);
        self.ballista.try_encode(plan, bytes, converter)
    }
}

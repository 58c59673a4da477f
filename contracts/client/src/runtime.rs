//! One version of the chain's runtime: writes extrinsics and reads errors by
//! its metadata.

use crate::{
    contracts_api::{Weight, CALL_FIELDS, INSTANTIATE_FIELDS, TRANSFER_FIELDS},
    rpc::RuntimeVersion,
    ClientError, Result, Signer,
};
use codec::Decode;
use std::sync::Arc;
use subxt::{
    config::{
        substrate::{AccountId32, MultiAddress, MultiSignature, SpecVersionForRange, SubstrateHeader, H256},
        Config, DefaultExtrinsicParamsBuilder, DefaultTransactionExtensions, HashFor, SubstrateConfig,
    },
    error::ExtrinsicError,
    ext::{
        scale_encode::{EncodeAsFields, Error as EncodeError, FieldIter},
        scale_type_resolver::TypeResolver,
    },
    metadata::ArcMetadata,
    tx::Payload,
    Metadata, OfflineClient, OfflineClientAtBlock,
};

/// Margin on what a dry-run needed, percent.
const GAS_MARGIN_PERCENT: u64 = 20;

/// Shape of the chain: accounts are named by `MultiAddress<AccountId, ()>`.
#[derive(Clone, Debug)]
pub struct ChainConfig(SubstrateConfig);

impl Config for ChainConfig {
    type AccountId = AccountId32;
    type Address = MultiAddress<AccountId32, ()>;
    type Signature = MultiSignature;
    type Hasher = <SubstrateConfig as Config>::Hasher;
    type Header = SubstrateHeader<H256>;
    type AssetId = <SubstrateConfig as Config>::AssetId;
    type TransactionExtensions = DefaultTransactionExtensions<Self>;

    fn genesis_hash(&self) -> Option<HashFor<Self>> {
        self.0.genesis_hash()
    }

    fn spec_and_transaction_version_for_block_number(&self, number: u64) -> Option<(u32, u32)> {
        self.0.spec_and_transaction_version_for_block_number(number)
    }

    fn metadata_for_spec_version(&self, spec_version: u32) -> Option<ArcMetadata> {
        self.0.metadata_for_spec_version(spec_version)
    }

    fn set_metadata_for_spec_version(&self, spec_version: u32, metadata: ArcMetadata) {
        self.0.set_metadata_for_spec_version(spec_version, metadata);
    }
}

/// Fields of an extrinsic's call, encoded already.
struct EncodedFields<'a>(&'a [u8]);

impl EncodeAsFields for EncodedFields<'_> {
    fn encode_as_fields_to<R: TypeResolver>(
        &self,
        _fields: &mut dyn FieldIter<'_, R::TypeId>,
        _types: &R,
        out: &mut Vec<u8>,
    ) -> std::result::Result<(), EncodeError> {
        out.extend_from_slice(self.0);
        Ok(())
    }
}

struct EncodedCall<'a> {
    pallet: &'static str,
    call: &'static str,
    fields: EncodedFields<'a>,
}

impl<'a> Payload for EncodedCall<'a> {
    type CallData = EncodedFields<'a>;

    fn pallet_name(&self) -> &str {
        self.pallet
    }

    fn call_name(&self) -> &str {
        self.call
    }

    fn call_data(&self) -> &Self::CallData {
        &self.fields
    }
}

/// An extrinsic's call with its fields encoded.
#[derive(Clone, Debug)]
pub struct Extrinsic {
    pub pallet: &'static str,
    pub call: &'static str,
    pub fields: Vec<u8>,
}

/// One version of the chain's runtime.
#[derive(Clone)]
pub struct Runtime {
    pub version: RuntimeVersion,
    /// The heaviest extrinsic that a block takes.
    max_extrinsic: Option<Weight>,
    at: OfflineClientAtBlock<ChainConfig>,
}

impl Runtime {
    /// Reads the metadata.
    ///
    /// # Errors
    /// [`ClientError::Decode`] if it is unreadable, [`ClientError::Chain`] if
    /// the runtime has no contracts or other calls than expected.
    pub fn new(genesis: &[u8; 32], version: RuntimeVersion, metadata: &[u8]) -> Result<Self> {
        let metadata =
            Metadata::decode(&mut &*metadata).map_err(|error| ClientError::decode("the chain's metadata", error))?;
        check_call(&metadata, "Contracts", "call", CALL_FIELDS)?;
        check_call(&metadata, "Contracts", "instantiate_with_code", INSTANTIATE_FIELDS)?;
        check_call(&metadata, "Balances", "transfer_keep_alive", TRANSFER_FIELDS)?;
        let max_extrinsic = read_max_extrinsic(&metadata);
        let config = SubstrateConfig::builder()
            .set_genesis_hash(H256(*genesis))
            .set_metadata_for_spec_versions([(version.spec_version, Arc::new(metadata))])
            .set_spec_version_for_block_ranges([SpecVersionForRange {
                block_range: 0..u64::MAX,
                spec_version: version.spec_version,
                transaction_version: version.transaction_version,
            }])
            .build();
        let at = OfflineClient::new_with_config(ChainConfig(config))
            .at_block(0u64)
            .map_err(|error| ClientError::Chain(error.to_string()))?;
        Ok(Self { version, max_extrinsic, at })
    }

    /// The metadata client of this version.
    pub fn at(&self) -> &OfflineClientAtBlock<ChainConfig> {
        &self.at
    }

    /// The gas limit for a call that needed `needed` in a dry-run: a fifth
    /// more, for what may change until its block, as far as a block takes it.
    pub fn gas_limit(&self, needed: Weight) -> Weight {
        let ample = needed.plus_percent(GAS_MARGIN_PERCENT);
        // A part stays for the extrinsic around the call.
        let room = |most: u64| most / 100 * 97;
        let most = self.max_extrinsic.map(|most| Weight {
            ref_time: room(most.ref_time).max(needed.ref_time),
            proof_size: room(most.proof_size).max(needed.proof_size),
        });
        most.map_or(ample, |most| Weight {
            ref_time: ample.ref_time.min(most.ref_time),
            proof_size: ample.proof_size.min(most.proof_size),
        })
    }

    /// The signed extrinsic's bytes. It has no end of life: the nonce alone
    /// keeps it from entering twice, and the same bytes can be sent again.
    pub async fn sign(&self, extrinsic: &Extrinsic, signer: &Signer, nonce: u64) -> Result<Vec<u8>> {
        let call =
            EncodedCall { pallet: extrinsic.pallet, call: extrinsic.call, fields: EncodedFields(&extrinsic.fields) };
        let failed =
            |error: ExtrinsicError| ClientError::Chain(format!("cannot write {}.{}: {error}", call.pallet, call.call));
        let transactions = self.at.tx();
        let signable = || {
            let params = DefaultExtrinsicParamsBuilder::<ChainConfig>::new().nonce(nonce).immortal().build();
            transactions.create_signable_offline(&call, params).map_err(failed)
        };
        // Made anew afterwards: what is signed may not be kept over the wait.
        let payload = signable()?.signer_payload().map_err(failed)?;
        let signature = signer.sign(&payload).await?;
        let account = AccountId32(*AsRef::<[u8; 32]>::as_ref(&signer.account_id()));
        let signed = signable()?.sign_with_account_and_signature(&account, &signature).map_err(failed)?;
        Ok(signed.into_encoded())
    }

    /// The words for a `DispatchError` at the start of `bytes`.
    pub fn dispatch_error(&self, bytes: &[u8]) -> String {
        // `DispatchError::Module` (variant 3) has five bytes, the longest of the others one.
        let length = if bytes.first() == Some(&3) { 6 } else { 2 };
        let bytes = &bytes[..bytes.len().min(length)];
        match subxt::error::DispatchError::decode_from(bytes, self.at.metadata()) {
            Ok(subxt::error::DispatchError::Module(error)) => error.details_string(),
            Ok(error) => error.to_string(),
            Err(_) => format!("unknown error 0x{}", hex::encode(bytes)),
        }
    }
}

impl std::fmt::Debug for Runtime {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Runtime").field("version", &self.version).finish_non_exhaustive()
    }
}

/// `System.BlockWeights`, of which the start is read: base and maximum of a
/// block, then base and maximum of a normal extrinsic.
fn read_max_extrinsic(metadata: &Metadata) -> Option<Weight> {
    let mut weights = metadata.pallet_by_name("System")?.constant_by_name("BlockWeights")?.value();
    let (_, _, _, most) = <(Weight, Weight, Weight, Option<Weight>)>::decode(&mut weights).ok()?;
    most
}

fn check_call(metadata: &Metadata, pallet: &str, call: &str, fields: &[&str]) -> Result<()> {
    let variant = metadata
        .pallet_by_name(pallet)
        .and_then(|pallet| pallet.call_variant_by_name(call))
        .ok_or_else(|| ClientError::Chain(format!("its runtime has no {pallet}.{call}; it needs pallet-contracts")))?;
    let found: Vec<_> = variant.fields.iter().map(|field| field.name.as_deref().unwrap_or("")).collect();
    if found == fields {
        Ok(())
    } else {
        Err(ClientError::Chain(format!("{pallet}.{call} takes {found:?} instead of {fields:?}")))
    }
}

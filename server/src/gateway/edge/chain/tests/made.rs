//! Certificates made for a test, by authorities of its own.

use rcgen::{
    BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, PKCS_ECDSA_P256_SHA256,
    SignatureAlgorithm, date_time_ymd,
};

/// A certificate and its private key, as PEM.
#[derive(Debug, Clone)]
pub(crate) struct Made {
    pub(crate) pem: String,
    pub(crate) key: String,
}

/// Who signs.
#[derive(Debug)]
pub(crate) struct Authority {
    pem: String,
    issuer: Issuer<'static, KeyPair>,
}

/// Returns what a certificate for hosts or addresses says.
pub(crate) fn host(names: &[&str]) -> CertificateParams {
    let names: Vec<_> = names.iter().map(|name| (*name).to_owned()).collect();
    let common = names.first().cloned().unwrap_or_else(|| "nobody".to_owned());
    let mut params = CertificateParams::new(names).unwrap();
    params.distinguished_name.push(DnType::CommonName, common);
    params.not_before = date_time_ymd(2020, 1, 1);
    params.not_after = date_time_ymd(2199, 12, 31);
    params
}

fn authority(name: &str) -> CertificateParams {
    let mut params = host(&[]);
    params.distinguished_name.push(DnType::CommonName, name);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params
}

impl Authority {
    pub(crate) fn root(name: &str) -> Self {
        let (params, key) = (authority(name), KeyPair::generate().unwrap());
        let pem = params.self_signed(&key).unwrap().pem();
        Self { pem, issuer: Issuer::new(params, key) }
    }

    /// Lets another authority sign, too.
    pub(crate) fn delegates(&self, name: &str) -> Self {
        let (params, key) = (authority(name), KeyPair::generate().unwrap());
        let pem = params.signed_by(&key, &self.issuer).unwrap().pem();
        Self { pem, issuer: Issuer::new(params, key) }
    }

    pub(crate) fn pem(&self) -> String {
        self.pem.clone()
    }

    pub(crate) fn issues(&self, params: &CertificateParams) -> Made {
        self.issues_for(params, &PKCS_ECDSA_P256_SHA256)
    }

    /// Issues a certificate for a new key of some kind.
    pub(crate) fn issues_for(
        &self,
        params: &CertificateParams,
        kind: &'static SignatureAlgorithm,
    ) -> Made {
        self.issues_to(params, &KeyPair::generate_for(kind).unwrap())
    }

    /// Issues a certificate for a key that there is.
    pub(crate) fn issues_to(&self, params: &CertificateParams, key: &KeyPair) -> Made {
        let pem = params.signed_by(key, &self.issuer).unwrap().pem();
        Made { pem, key: key.serialize_pem() }
    }
}

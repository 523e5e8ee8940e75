"""Certificates for tests."""

import subprocess


def certificate(folder, name: str, *more: str):
    """A self-signed certificate and its key."""
    folder.mkdir(exist_ok=True)
    key, cert = folder / f"{name}.key", folder / f"{name}.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
         "-keyout", key, "-out", cert, "-subj", f"/CN={name}", "-days", "2",
         "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1", *more],
        check=True, capture_output=True,
    )  # fmt: skip
    key.chmod(0o600)
    return cert, key

"""OpenID Connect: asking a provider who somebody is (Core 1.0; authorization code with PKCE, state and nonce).

Talks to the network: never call it inside a transaction. Its libraries are loaded only where a provider is set.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from app.core.tokens import mac, mac_matches, new_secret

if TYPE_CHECKING:
    from authlib.integrations.requests_client import OAuth2Session

# Seconds for each answer of the provider; somebody waits, and so does one of the server's few threads.
TIMEOUT: Final = 5.0
# Between asking at the provider and coming back: passwords are looked for, phones are fetched.
PATIENCE: Final = 600
# Clocks differ.
_LEEWAY: Final = 60
# Signed by the provider alone; `none` and what is signed with the secret we share prove too little.
_ALGORITHMS: Final = [
    "RS256",
    "RS384",
    "RS512",
    "PS256",
    "PS384",
    "PS512",
    "ES256",
    "ES384",
    "ES512",
    "Ed25519",
    "EdDSA",
]
_SCOPE: Final = "openid email"


class ProviderError(Exception):
    """The provider is away, or what it says cannot be believed; the message is for the log."""


@dataclass(frozen=True, slots=True)
class Provider:
    """A provider, and what this site is to it."""

    issuer: str
    client_id: str
    client_secret: str
    redirect_uri: str
    timeout: float = TIMEOUT


@dataclass(frozen=True, slots=True)
class Person:
    """Whom a provider vouches for."""

    subject: str
    email: str
    is_verified: bool


@dataclass(frozen=True, slots=True)
class Attempt:
    """One way there and back. `cookie` stays in the browser; state, nonce and verifier are derived from it."""

    cookie: str
    onward: str

    @classmethod
    def begin(cls, onward: str, *, now: datetime) -> "Attempt":
        """Return a new attempt."""
        return cls(f"{int(now.timestamp())}.{new_secret()}.{onward}", onward)

    @classmethod
    def resume(cls, cookie: str, state: str, *, now: datetime) -> "Attempt | None":
        """Return the attempt this browser began within ten minutes, if the state that came back belongs to it."""
        seconds, _dot, rest = cookie.partition(".")
        if not (seconds.isascii() and seconds.isdigit() and mac_matches(state, "oidc-state", cookie)):
            return None
        if not 0 <= now.timestamp() - int(seconds) <= PATIENCE:
            return None
        return cls(cookie, rest.partition(".")[2])

    @property
    def state(self) -> str:
        """What the provider sends back with the browser: it came from us, and to the browser that began."""
        return mac("oidc-state", self.cookie)

    @property
    def nonce(self) -> str:
        """What must stand in the ID token: it was made for this attempt."""
        return mac("oidc-nonce", self.cookie)

    @property
    def verifier(self) -> str:
        """What exchanges the code (RFC 7636, 43 characters at least): whoever steals the code alone gets nothing."""
        return mac("oidc-verifier", 1, self.cookie) + mac("oidc-verifier", 2, self.cookie)


def address_to_ask(provider: Provider, attempt: Attempt) -> str:
    """Return the address at the provider where somebody says who they are. Raises ProviderError."""
    with _session(provider) as session:
        endpoint = _endpoint(_metadata(session, provider), "authorization_endpoint")
        address, _state = session.create_authorization_url(
            endpoint, state=attempt.state, nonce=attempt.nonce, code_verifier=attempt.verifier
        )
        return str(address)


def person(provider: Provider, attempt: Attempt, code: str, *, now: datetime) -> Person:
    """Exchange the code and return whom the provider's signed token names. Raises ProviderError."""
    from authlib.integrations.base_client import OAuthError
    from joserfc.errors import JoseError
    from requests import RequestException

    with _session(provider) as session:
        metadata = _metadata(session, provider)
        try:
            token = session.fetch_token(
                _endpoint(metadata, "token_endpoint"),
                grant_type="authorization_code",
                code=code,
                code_verifier=attempt.verifier,
            )
            keys = _json(session, _endpoint(metadata, "jwks_uri"))
            claims = believed(token["id_token"], keys, provider, nonce=attempt.nonce, now=now)
            if "email" not in claims and "userinfo_endpoint" in metadata:
                claims = _completed(claims, session, metadata)
        except (RequestException, OAuthError, JoseError, ValueError, KeyError, TypeError) as error:
            # Neither the code nor a token may stand in a log.
            raise ProviderError(type(error).__name__) from None
    return Person(
        subject=str(claims["sub"]),
        email=str(claims.get("email") or ""),
        is_verified=claims.get("email_verified") in (True, "true"),
    )


def _session(provider: Provider) -> "OAuth2Session":
    from authlib.integrations.requests_client import OAuth2Session

    return OAuth2Session(
        provider.client_id,
        provider.client_secret or None,
        scope=_SCOPE,
        redirect_uri=provider.redirect_uri,
        code_challenge_method="S256",
        default_timeout=provider.timeout,
    )


def _metadata(session: "OAuth2Session", provider: Provider) -> dict[str, Any]:
    """Return what the provider says of itself (OpenID Connect Discovery 4)."""
    from requests import RequestException

    try:
        metadata = _json(session, f"{provider.issuer.rstrip('/')}/.well-known/openid-configuration")
    except (RequestException, ValueError) as error:
        raise ProviderError(type(error).__name__) from None
    if metadata.get("issuer") != provider.issuer:
        message = f"the provider calls itself {metadata.get('issuer')!r}, OIDC_ISSUER says {provider.issuer!r}"
        raise ProviderError(message)
    return metadata


def _endpoint(metadata: Mapping[str, Any], name: str) -> str:
    address, issuer = str(metadata.get(name, "")), str(metadata["issuer"])
    # A provider on https that sends us, with our secret, over a plain connection is mistaken.
    if not address.startswith("https://" if issuer.startswith("https://") else ("http://", "https://")):
        message = f"the provider gives no {name} that can be used"
        raise ProviderError(message)
    return address


def _json(session: "OAuth2Session", address: str, *, withhold_token: bool = True) -> dict[str, Any]:
    response = session.request("GET", address, withhold_token=withhold_token, allow_redirects=False)
    response.raise_for_status()
    answer = response.json()
    if response.is_redirect or not isinstance(answer, dict):
        raise ValueError
    return answer


def believed(id_token: str, keys: dict[str, Any], provider: Provider, *, nonce: str, now: datetime) -> dict[str, Any]:
    """Return what the ID token claims, once signature, issuer, audience, times and nonce are right (Core 3.1.3.7)."""
    from joserfc import jwt
    from joserfc.jwk import KeySet

    claims: dict[str, Any] = jwt.decode(id_token, KeySet.import_key_set(keys), algorithms=_ALGORITHMS).claims  # type: ignore[arg-type]  # a JSON object by its form
    jwt.JWTClaimsRegistry(
        now=int(now.timestamp()),
        leeway=_LEEWAY,
        iss={"essential": True, "value": provider.issuer},
        aud={"essential": True, "value": provider.client_id},
        sub={"essential": True},
        exp={"essential": True},
        iat={"essential": True},
        nonce={"essential": True, "value": nonce},
    ).validate(claims)
    if claims.get("azp", provider.client_id) != provider.client_id:
        raise ValueError
    if isinstance(claims["aud"], list) and len(claims["aud"]) > 1 and "azp" not in claims:
        raise ValueError
    return claims


def _completed(claims: dict[str, Any], session: "OAuth2Session", metadata: Mapping[str, Any]) -> dict[str, Any]:
    """Return the claims with what the provider says at its UserInfo endpoint, if it is about the same person."""
    said = _json(session, _endpoint(metadata, "userinfo_endpoint"), withhold_token=False)
    if said.get("sub") != claims["sub"]:
        raise ValueError
    return said | claims

"""What browsers and authenticators say to each other about passkeys (WebAuthn), by the library that knows it.

Fetched when the first passkey is asked for: with what it rests on it takes 13 MB, and few processes ever need it.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from webauthn import (
    base64url_to_bytes,
    generate_authentication_options,
    generate_registration_options,
    options_to_json,
    verify_authentication_response,
    verify_registration_response,
)
from webauthn.authentication.verify_authentication_response import VerifiedAuthentication
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)
from webauthn.registration.verify_registration_response import VerifiedRegistration


@dataclass(frozen=True, slots=True)
class Question:
    """What an answer is held against: the host and origin it must name, and the challenge it must repeat."""

    host: str
    origin: str
    challenge: bytes


def options_to_add(
    question: Question, site_name: str, *, handle: str, email: str, name: str, known: Iterable[str], timeout: int
) -> str:
    """Return as JSON how a browser is asked for a new passkey; `known` are those it must not make again."""
    return options_to_json(
        generate_registration_options(
            rp_id=question.host,
            rp_name=site_name,
            user_id=base64url_to_bytes(handle),
            user_name=email,
            user_display_name=name,
            challenge=question.challenge,
            timeout=timeout,
            authenticator_selection=AuthenticatorSelectionCriteria(
                resident_key=ResidentKeyRequirement.REQUIRED,
                user_verification=UserVerificationRequirement.REQUIRED,
            ),
            exclude_credentials=_named(known),
        )
    )


def options_to_use(question: Question, *, known: Iterable[str], timeout: int) -> str:
    """Return as JSON how a browser is asked for one of the known passkeys, or for any when none is named."""
    return options_to_json(
        generate_authentication_options(
            rp_id=question.host,
            challenge=question.challenge,
            timeout=timeout,
            allow_credentials=_named(known),
            user_verification=UserVerificationRequirement.REQUIRED,
        )
    )


def verified_new(question: Question, answer: dict[str, Any]) -> VerifiedRegistration:
    """Return the passkey that was made. Raises ValueError, and what the library's parsers let through."""
    try:
        return verify_registration_response(
            credential=answer,
            expected_challenge=question.challenge,
            expected_rp_id=question.host,
            expected_origin=question.origin,
            require_user_verification=True,
        )
    except WebAuthnException as error:
        raise ValueError from error


def verified_use(
    question: Question, answer: dict[str, Any], *, public_key: bytes, sign_count: int
) -> VerifiedAuthentication:
    """Return what the answer of a known passkey says. Raises as `verified_new`."""
    try:
        return verify_authentication_response(
            credential=answer,
            expected_challenge=question.challenge,
            expected_rp_id=question.host,
            expected_origin=question.origin,
            credential_public_key=public_key,
            credential_current_sign_count=sign_count,
            require_user_verification=True,
        )
    except WebAuthnException as error:
        raise ValueError from error


def _named(credential_ids: Iterable[str]) -> list[PublicKeyCredentialDescriptor]:
    return [PublicKeyCredentialDescriptor(id=base64url_to_bytes(one)) for one in credential_ids]

"""One's own access tokens; they are made and taken back by a login only, never by a token."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends

from ui.api.answers_work import NewTokenOut, TokenOut
from ui.api.deps import ById, Here, signed_in_person
from ui.api.schemas import TokenIn
from ui.services import tokens
from ui.services.access import Person

__all__ = ["router"]

router = APIRouter(tags=["访问令牌"])

_ByLogin = Annotated[Person, Depends(signed_in_person)]


@router.get("/tokens", summary="我的访问令牌")
def own(desk: Here, person: _ByLogin) -> list[TokenOut]:
    """列出本人的令牌；令牌本身不再显示。"""
    return [TokenOut.model_validate(token) for token in tokens.own(desk, person)]


@router.post("/tokens", summary="建立访问令牌", status_code=201)
def create(sent: TokenIn, desk: Here, person: _ByLogin) -> NewTokenOut:
    """令牌只在这一次回答里显示；它在使用时具有本人当时的角色。"""
    made = tokens.create(desk, person, name=sent.name, days=sent.days)
    return NewTokenOut.of(made.token, made.secret)


@router.delete("/tokens/{token_id}", summary="撤销访问令牌", status_code=204)
def revoke(token_id: ById, desk: Here, person: _ByLogin) -> None:
    """撤销后立即失效。"""
    tokens.revoke(desk, person, token_id)

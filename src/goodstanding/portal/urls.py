"""Addresses of the portal."""

from __future__ import annotations

from django.contrib.auth.views import LogoutView
from django.urls import URLPattern, path

from .views.absence import absence
from .views.account import SignIn, set_language
from .views.agents import act_for, act_for_oneself, agents, revoke_mandate
from .views.agreements import agreement, agreement_step, agreements
from .views.annulment import decision
from .views.apply import apply, apply_done, apply_step, remove_file
from .views.case import case, case_move, case_note, case_receipt
from .views.catalogue import catalogue
from .views.certificate import case_certificate, certificate
from .views.contracts import (
    activate_contract,
    answer_contract,
    contract,
    contract_version,
    contracts,
    propose_contract,
)
from .views.deliveries import decide_delivery, deliveries, delivery, returned_file
from .views.entity import entity
from .views.evidence import evidence, redact
from .views.facts import fact_proof, promote_fact
from .views.feed import feed_status
from .views.findings import decide_finding, early_removals, findings
from .views.full_lists import full_lists, settle_list
from .views.home import home
from .views.law_packs import law_pack, pack_json, pack_yaml, packs
from .views.league import league, league_csv, league_json
from .views.link_review import decide_link, link_reviews
from .views.links import links, withdraw_link
from .views.my import my
from .views.notices import confirm_mail, hook, leave_mail, mail, notices, restoration_notice
from .views.object import object_to
from .views.outcomes import outcomes
from .views.overview import overview
from .views.propagation import propagation, record_receipt
from .views.quality import quality
from .views.quality import source as quality_source
from .views.readings import readings
from .views.recipient import decide_suspension, recipient
from .views.record import record
from .views.remedies import appeal, remove_statement, shield, statement
from .views.reopening import reopen
from .views.self_check import self_check, self_check_receipt, self_check_text
from .views.subscription import decide_request, request_items, withdraw_request
from .views.supervision import supervise
from .views.templates import templates
from .views.uses import uses_page
from .views.verify import verify
from .views.work import work, work_decide
from .views.working_days import working_days, working_days_receipt

urlpatterns: list[URLPattern] = [
    # for everyone
    path("", home, name="home"),
    path("entity/<uuid:public_id>", entity, name="entity"),
    path("record/<uuid:public_id>", record, name="record"),
    path("fact/<uuid:batch>/<int:row>/proof.json", fact_proof, name="fact-proof"),
    path("verify", verify, name="verify"),
    path("certificate", certificate, name="certificate"),
    path("check/", self_check, name="check"),
    path("check/receipt.json", self_check_receipt, name="check-receipt"),
    path("check/<slug:audience>.txt", self_check_text, name="check-text"),
    path("law/", packs, name="law-packs"),
    path("law/<slug:pack_id>/", law_pack, name="law-pack"),
    path("law/<slug:pack_id>/pack.json", pack_json, name="law-pack-json"),
    path("law/<slug:pack_id>/pack.yaml", pack_yaml, name="law-pack-yaml"),
    path("catalogue/", catalogue, name="catalogue"),
    path("quality/", quality, name="quality"),
    path("quality/<slug:code>/", quality_source, name="quality-source"),
    path("league", league, name="league"),
    path("league.csv", league_csv, name="league-csv"),
    path("league.json", league_json, name="league-json"),
    path("calendar/", working_days, name="calendar"),
    path("calendar/receipt.json", working_days_receipt, name="calendar-receipt"),
    path("sign-in", SignIn.as_view(), name="sign-in"),
    path("sign-out", LogoutView.as_view(), name="sign-out"),
    path("language", set_language, name="set_language"),
    # for an entity
    path("my", my, name="my"),
    path("my/readings", readings, name="readings"),
    path("my/agents", agents, name="agents"),
    path("my/agents/oneself", act_for_oneself, name="act-for-oneself"),
    path("my/agents/<uuid:public_id>/act", act_for, name="act-for"),
    path("my/agents/<uuid:public_id>/revoke", revoke_mandate, name="revoke-mandate"),
    path("apply", apply, name="apply"),
    path("apply/done/<uuid:public_id>", apply_done, name="apply-done"),
    path("apply/<uuid:key>/file/<int:file>/remove", remove_file, name="apply-remove-file"),
    path("apply/<uuid:key>/<slug:step>", apply_step, name="apply-step"),
    path("record/<uuid:public_id>/object", object_to, name="object"),
    path("record/<uuid:public_id>/statement", statement, name="statement"),
    path("record/<uuid:public_id>/statement/remove", remove_statement, name="remove-statement"),
    path("case/<uuid:public_id>/appeal", appeal, name="appeal"),
    path("shield", shield, name="shield"),
    path("fact/<uuid:batch>/<int:row>/promote", promote_fact, name="fact-promote"),
    # for whom a record concerns
    path("record/<uuid:public_id>/propagation", propagation, name="propagation"),
    path("record/<uuid:public_id>/receipt/<int:position>.json", record_receipt, name="record-receipt"),
    # for the parties of a case
    path("case/<uuid:public_id>", case, name="case"),
    path("case/<uuid:public_id>/move", case_move, name="case-move"),
    path("case/<uuid:public_id>/receipt.json", case_receipt, name="case-receipt"),
    path(
        "case/<uuid:public_id>/certificate.json",
        case_certificate,
        {"form": "json"},
        name="case-certificate",
    ),
    path(
        "case/<uuid:public_id>/certificate.pdf",
        case_certificate,
        {"form": "pdf"},
        name="case-certificate-pdf",
    ),
    path("evidence/<uuid:public_id>", evidence, name="evidence"),
    path("evidence/<uuid:public_id>/redact", redact, name="evidence-redact"),
    # for an authority
    path("record/<uuid:public_id>/decision", decision, name="decision"),
    path("case/<uuid:public_id>/reopen", reopen, name="reopen"),
    path("work", work, name="work"),
    path("work/decide", work_decide, name="work-decide"),
    path("work/absence", absence, name="absence"),
    path("work/templates", templates, name="templates"),
    path("case/<uuid:public_id>/note", case_note, name="case-note"),
    path("deliveries", deliveries, name="deliveries"),
    path("deliveries/<uuid:public_id>", delivery, name="delivery"),
    path("deliveries/<uuid:public_id>/decide", decide_delivery, name="decide-delivery"),
    path("deliveries/<uuid:public_id>/returned.csv", returned_file, name="returned-file"),
    # for those who send, read or run
    path("contracts/", contracts, name="contracts"),
    path("contracts/<slug:contract_id>/", contract, name="contract"),
    path("contracts/<slug:contract_id>/propose", propose_contract, name="propose-contract"),
    path("contracts/<slug:contract_id>/<str:version>/", contract_version, name="contract-version"),
    path("contracts/<slug:contract_id>/<str:version>/answer", answer_contract, name="answer-contract"),
    path("contracts/<slug:contract_id>/<str:version>/activate", activate_contract, name="activate-contract"),
    # for those who say what followed a removal, and for the operator
    path("outcomes", outcomes, name="outcomes"),
    path("uses", uses_page, name="uses"),
    # for the operator and for subscribers
    path("overview", overview, name="overview"),
    path("supervision", supervise, name="supervision"),
    path("feed-status", feed_status, name="feed-status"),
    path("feed/<uuid:public_id>", recipient, name="recipient"),
    path("feed/<uuid:public_id>/suspension", decide_suspension, name="decide-suspension"),
    path("agreements/", agreements, name="agreements"),
    path("agreements/<slug:reference>/", agreement, name="agreement"),
    path("agreements/<slug:reference>/step", agreement_step, name="agreement-step"),
    path("agreements/requests/<uuid:public_id>", decide_request, name="decide-request"),
    path("agreements/requests/<uuid:public_id>/withdraw", withdraw_request, name="withdraw-request"),
    path("catalogue/request", request_items, name="request-items"),
    path("findings/", findings, name="findings"),
    path("findings/early/", early_removals, name="early-removals"),
    path("findings/<uuid:public_id>/decide", decide_finding, name="decide-finding"),
    path("lists/", full_lists, name="full-lists"),
    path("lists/<uuid:public_id>/settle", settle_list, name="settle-list"),
    path("links/", links, name="links"),
    path("links/review/", link_reviews, name="link-reviews"),
    path("links/review/<uuid:public_id>", decide_link, name="decide-link"),
    path("links/<uuid:public_id>/withdraw", withdraw_link, name="withdraw-link"),
    # for every account
    path("notices", notices, name="notices"),
    path("notices/mail", mail, name="notices-mail"),
    path("notices/push", hook, name="notices-push"),
    path("notices/<uuid:public_id>", restoration_notice, name="restoration-notice"),
    # for whoever has the link of a mail
    path("notices/confirm/<str:token>", confirm_mail, name="notices-confirm"),
    path("notices/leave/<str:token>", leave_mail, name="notices-leave"),
]

"""Which tests prove each rule of the database: the first breaks it by raw SQL, past every service;
the second is about the service, which says no in a sentence, or keeps the rule by what it writes.

Some rules guard what no service offers. They name why instead of a second test.
"""

from __future__ import annotations

NO_SERVICE = "no service offers to change it: "
TERMS = f"{NO_SERVICE}what was agreed is written once"
WORDS = f"{NO_SERVICE}the word comes from an enum, which has no other"
MONEY = "payments/test_services.py::"
BACK = "refunds/test_services.py::"
SUBS = "subscriptions/"

PROOFS: dict[str, tuple[str, str]] = {
    "analyticsapp.DailySnapshot snapshot_currency_is_iso": (
        "analyticsapp::test_figures_below_nought_and_currencies_that_are_none_are_refused",
        f"{NO_SERVICE}the currency is copied from orders, which hold the same rule",
    ),
    "analyticsapp.DailySnapshot snapshot_not_negative": (
        "analyticsapp::test_figures_below_nought_and_currencies_that_are_none_are_refused",
        "analyticsapp::test_any_ranges_in_any_order_give_the_figures_counted_one_by_one",
    ),
    "analyticsapp.DailySnapshot snapshot_once_a_day": (
        "analyticsapp::test_a_second_row_of_a_day_and_currency_is_refused",
        "analyticsapp::test_a_second_time_writes_nothing_and_keeps_when_it_was_taken",
    ),
    "analyticsapp.MrrMovement movement_adds_up": (
        "analyticsapp::test_a_movement_that_does_not_add_up_is_refused",
        "analyticsapp::test_a_movement_names_each_kind_of_change",
    ),
    "analyticsapp.MrrMovement movement_currency_is_iso": (
        "analyticsapp::test_figures_below_nought_and_currencies_that_are_none_are_refused",
        f"{NO_SERVICE}the currency is copied from the ledger, which holds the same rule",
    ),
    "analyticsapp.MrrMovement movement_not_negative": (
        "analyticsapp::test_figures_below_nought_and_currencies_that_are_none_are_refused",
        "analyticsapp::test_a_movement_names_each_kind_of_change",
    ),
    "analyticsapp.MrrMovement movement_once_a_day": (
        "analyticsapp::test_a_second_row_of_a_day_and_currency_is_refused",
        "analyticsapp::test_a_second_time_writes_nothing_and_keeps_when_it_was_taken",
    ),
    "audit.Entry append_only": (
        "audit/test_models.py::test_raw_sql_cannot_change_the_record",
        "audit/test_models.py::test_the_orm_cannot_change_the_record",
    ),
    "audit.Entry entry_action_known": (
        "audit/test_models.py::test_an_action_or_result_that_is_none_is_refused",
        WORDS,
    ),
    "audit.Entry entry_result_known": (
        "audit/test_models.py::test_an_action_or_result_that_is_none_is_refused",
        WORDS,
    ),
    "catalog.Product product_currency_is_iso": (
        "catalog/test_models.py::test_a_currency_that_is_no_iso_code_is_refused_by_the_database",
        f"{NO_SERVICE}products are made by seeding only",
    ),
    "catalog.Product product_on_sale_is_charged_exactly": (
        "catalog/test_models.py::test_nothing_is_on_sale_in_a_currency_that_stripe_charges_in_steps",
        "catalog/test_offers.py::test_product_in_a_currency_that_stripe_charges_in_steps_is_refused",
    ),
    "catalog.Product product_price_is_positive": (
        "catalog/test_models.py::test_a_price_of_nothing_or_less_is_refused_by_the_database",
        f"{NO_SERVICE}products are made by seeding only",
    ),
    "core.JobRun job_run_finished_has_its_time": (
        "monitoring/test_jobs_checks.py::test_postgresql_refuses_a_run_that_cannot_be",
        "core/test_schedule.py::test_a_run_that_succeeds_is_on_record",
    ),
    "core.JobRun job_run_status_is_known": (
        "monitoring/test_jobs_checks.py::test_postgresql_refuses_a_run_that_cannot_be",
        WORDS,
    ),
    "monitoring.Issue issue_acknowledged_says_why_and_until": (
        "monitoring/test_services.py::test_the_database_refuses_a_state_that_makes_no_sense",
        "monitoring/test_services.py::test_an_acknowledgement_without_reason_or_end_is_refused",
    ),
    "monitoring.Issue issue_resolved_has_its_time": (
        "monitoring/test_services.py::test_the_database_refuses_a_state_that_makes_no_sense",
        "monitoring/test_services.py::test_a_resolved_issue_keeps_the_time_at_which_it_resolved",
    ),
    "monitoring.Issue issue_status_is_known": (
        "monitoring/test_services.py::test_the_database_refuses_a_state_that_makes_no_sense",
        WORDS,
    ),
    "monitoring.RestoreDrill append_only": (
        "monitoring/test_drills.py::test_a_drill_is_never_rewritten",
        TERMS,
    ),
    "monitoring.RestoreDrill drill_after_its_backup": (
        "monitoring/test_drills.py::test_postgresql_refuses_a_drill_that_cannot_be",
        "monitoring/test_drills.py::test_a_drill_that_cannot_be_is_refused",
    ),
    "monitoring.RestoreDrill drill_outcome_is_known": (
        "monitoring/test_drills.py::test_postgresql_refuses_a_drill_that_cannot_be",
        WORDS,
    ),
    "monitoring.RestoreDrill drill_recorded_once": (
        "monitoring/test_drills.py::test_postgresql_refuses_a_drill_that_cannot_be",
        "monitoring/test_drills.py::test_a_drill_is_on_record_and_audited_once",
    ),
    "orders.Order order_cancel_without_money": (
        "orders/test_models.py::test_an_order_with_money_on_its_way_cannot_be_canceled",
        f"{MONEY}test_cancel_looks_again_at_the_payments_once_it_holds_the_order",
    ),
    "orders.Order order_currency_is_charged_exactly": (
        "orders/test_models.py::test_no_new_order_is_in_a_currency_that_stripe_charges_in_steps",
        f"{NO_SERVICE}what is ordered is on sale, and in no such currency",
    ),
    "orders.Order order_currency_is_iso": (
        "orders/test_models.py::test_an_order_of_nothing_or_in_no_currency_is_refused",
        "orders/test_totals.py::test_a_basket_that_makes_no_order_says_why",
    ),
    "orders.Order order_fulfil_without_dispute": (
        "orders/test_models.py::test_an_order_with_an_open_dispute_cannot_be_fulfilled",
        f"{MONEY}test_fulfil_is_refused_while_a_dispute_is_open",
    ),
    "orders.Order order_fulfilled_has_its_time": (
        "orders/test_models.py::test_fulfilled_says_when",
        f"{MONEY}test_fulfil_moves_a_paid_order_and_is_audited",
    ),
    "orders.Order order_legal_moves": (
        "orders/test_lifecycle.py::test_database_allows_exactly_the_legal_moves",
        "orders/test_lifecycle.py::test_service_allows_exactly_the_legal_moves",
    ),
    "orders.Order order_paid_means_not_fulfilled": (
        "orders/test_models.py::test_amounts_and_terms_are_held",
        "orders/test_services.py::test_a_refund_that_fails_later_brings_back_the_status_it_had",
    ),
    "orders.Order order_refunded_means_all_of_it": (
        "orders/test_models.py::test_refunded_means_all_of_it",
        f"{BACK}test_part_of_the_money_goes_back_and_the_order_stays_paid",
    ),
    "orders.Order order_refunded_within_captured": (
        "orders/test_models.py::test_amounts_and_terms_are_held",
        f"{BACK}test_too_much_is_refused_before_stripe_is_asked",
    ),
    "orders.Order order_settled_means_captured": (
        "orders/test_models.py::test_amounts_and_terms_are_held",
        "orders/test_services.py::test_too_little_money_leaves_the_order_pending",
    ),
    "orders.Order order_starts_as_pending": (
        "orders/test_models.py::test_an_order_starts_as_pending_only",
        "orders/test_services.py::test_placed_order_keeps_the_catalogues_names_and_prices",
    ),
    "orders.Order order_status_is_known": (
        "orders/test_models.py::test_an_unknown_status_is_refused_by_the_column_too",
        WORDS,
    ),
    "orders.Order order_terms_fixed": (
        "orders/test_models.py::test_amounts_and_terms_are_held",
        TERMS,
    ),
    "orders.Order order_total_is_its_lines": (
        "orders/test_models.py::test_an_order_without_lines_is_refused_at_commit",
        "orders/test_totals.py::test_the_total_is_the_exact_sum_of_its_lines",
    ),
    "orders.Order order_total_is_positive": (
        "orders/test_models.py::test_an_order_of_nothing_or_in_no_currency_is_refused",
        "orders/test_totals.py::test_a_basket_that_makes_no_order_says_why",
    ),
    "orders.OrderLine line_amounts_positive": (
        "orders/test_models.py::test_a_line_of_nothing_is_refused",
        "orders/test_totals.py::test_a_basket_that_makes_no_order_says_why",
    ),
    "orders.OrderLine line_currency_of_order": (
        "orders/test_models.py::test_a_line_in_another_currency_is_refused",
        "orders/test_totals.py::test_a_basket_that_makes_no_order_says_why",
    ),
    "orders.OrderLine line_frozen_once_captured": (
        "orders/test_models.py::test_the_lines_of_a_paid_order_are_final",
        TERMS,
    ),
    "orders.OrderLine line_product_once": (
        "orders/test_models.py::test_a_product_stands_on_an_order_once",
        "orders/test_basket.py::test_basket_adds_up_over_visits",
    ),
    "orders.OrderLine line_sums_to_total": (
        "orders/test_models.py::test_lines_that_no_longer_sum_to_the_total_are_refused",
        "orders/test_totals.py::test_the_total_is_the_exact_sum_of_its_lines",
    ),
    "orders.OrderLine line_terms_fixed": (
        "orders/test_models.py::test_a_line_never_changes",
        TERMS,
    ),
    "orders.OrderTransition append_only": (
        "orders/test_models.py::test_history_cannot_be_changed_deleted_or_truncated",
        TERMS,
    ),
    "orders.OrderTransition history_statuses_are_known": (
        "orders/test_models.py::test_history_names_known_statuses_only",
        WORDS,
    ),
    "payments.Dispute dispute_amount_is_positive": (
        "payments/test_disputes.py::test_a_dispute_that_cannot_be_is_refused",
        f"{NO_SERVICE}the amount is Stripe's",
    ),
    "payments.Dispute dispute_closed_has_its_time": (
        "payments/test_disputes.py::test_a_dispute_that_cannot_be_is_refused",
        "payments/test_disputes.py::test_a_won_dispute_gives_the_money_back_to_the_shop",
    ),
    "payments.Dispute dispute_currency_of_payment": (
        "payments/test_disputes.py::test_a_dispute_that_cannot_be_is_refused",
        "payments/test_disputes.py::test_a_dispute_in_another_currency_is_a_disagreement",
    ),
    "payments.Dispute dispute_legal_moves": (
        "payments/test_disputes.py::test_only_legal_moves",
        "payments/test_disputes.py::test_facts_that_were_overtaken_change_nothing",
    ),
    "payments.Dispute dispute_status_is_known": (
        "payments/test_disputes.py::test_a_dispute_that_cannot_be_is_refused",
        WORDS,
    ),
    "payments.Dispute dispute_terms_fixed": (
        "payments/test_disputes.py::test_the_terms_of_a_dispute_never_change",
        TERMS,
    ),
    "payments.Payment payment_amounts_not_negative": (
        "payments/test_models.py::test_amounts_and_terms_are_held",
        f"{BACK}test_too_much_is_refused_before_stripe_is_asked",
    ),
    "payments.Payment payment_captured_means_succeeded": (
        "payments/test_models.py::test_captured_money_means_succeeded",
        "payments/test_mirror.py::test_an_intent_that_has_not_succeeded_holds_no_money",
    ),
    "payments.Payment payment_captured_within_amount": (
        "payments/test_models.py::test_amounts_and_terms_are_held",
        f"{MONEY}test_facts_that_disagree_are_refused_and_written_nowhere",
    ),
    "payments.Payment payment_currency_of_order": (
        "payments/test_models.py::test_a_payment_in_another_currency_than_its_order_is_refused",
        f"{MONEY}test_facts_that_disagree_are_refused_and_written_nowhere",
    ),
    "payments.Payment payment_legal_moves": (
        "payments/test_models.py::test_only_legal_moves",
        "payments/test_mirror.py::test_facts_that_were_overtaken_do_not_follow",
    ),
    "payments.Payment payment_one_live_per_order": (
        "payments/test_models.py::test_an_order_has_one_live_payment",
        f"{MONEY}test_paying_again_comes_back_to_the_same_open_page",
    ),
    "payments.Payment payment_refunds_within_captured": (
        "payments/test_models.py::test_amounts_and_terms_are_held",
        f"{BACK}test_too_much_is_refused_before_stripe_is_asked",
    ),
    "payments.Payment payment_starts_as_created": (
        "payments/test_models.py::test_a_payment_starts_as_created",
        f"{MONEY}test_checkout_leads_to_stripes_page_for_exactly_the_order",
    ),
    "payments.Payment payment_status_is_known": (
        "payments/test_models.py::test_an_unknown_status_is_refused_by_the_column_too",
        "payments/test_mirror.py::test_a_status_of_stripes_that_nobody_knows_is_a_bug_not_a_guess",
    ),
    "payments.Payment payment_success_stays_known": (
        "payments/test_models.py::test_when_a_payment_succeeded_never_changes",
        f"{MONEY}test_settling_twice_changes_nothing",
    ),
    "payments.Payment payment_terms_fixed": (
        "payments/test_models.py::test_amounts_and_terms_are_held",
        TERMS,
    ),
    "refunds.Refund refund_amount_is_positive": (
        "refunds/test_models.py::test_a_refund_of_nothing_is_refused",
        "refunds/test_policy.py::test_a_no_says_why",
    ),
    "refunds.Refund refund_currency_of_payment": (
        "refunds/test_models.py::test_a_refund_in_another_currency_than_its_payment_is_refused",
        f"{BACK}test_facts_that_disagree_are_refused",
    ),
    "refunds.Refund refund_legal_moves": (
        "refunds/test_models.py::test_only_legal_moves",
        f"{BACK}test_facts_fetched_before_what_is_recorded_change_nothing",
    ),
    "refunds.Refund refund_not_while_disputed": (
        "payments/test_disputes.py::test_no_refund_is_begun_while_a_dispute_has_the_money",
        "payments/test_disputes.py::test_an_open_dispute_stops_refunds_and_fulfilment",
    ),
    "refunds.Refund refund_starts_as_requested": (
        "refunds/test_models.py::test_a_refund_starts_as_requested",
        f"{BACK}test_unknown_outcome_stays_requested_and_settles_once",
    ),
    "refunds.Refund refund_status_is_known": (
        "refunds/test_models.py::test_an_unknown_status_is_refused_by_the_column_too",
        WORDS,
    ),
    "refunds.Refund refund_success_has_its_time": (
        "refunds/test_models.py::test_a_refund_succeeds_with_its_time_which_then_never_changes",
        f"{BACK}test_when_a_refund_succeeded_stays_known_after_it_failed",
    ),
    "refunds.Refund refund_success_stays_known": (
        "refunds/test_models.py::test_a_refund_succeeds_with_its_time_which_then_never_changes",
        f"{BACK}test_when_a_refund_succeeded_stays_known_after_it_failed",
    ),
    "refunds.Refund refund_terms_fixed": (
        "refunds/test_models.py::test_the_terms_of_a_refund_never_change",
        f"{BACK}test_facts_that_disagree_are_refused",
    ),
    "refunds.Refund refund_within_payment": (
        "refunds/test_models.py::test_refunds_never_add_up_to_more_than_the_payment",
        f"{BACK}test_sixteen_clients_refund_once",
    ),
    "subscriptions.MrrChange append_only": (
        f"{SUBS}test_models.py::test_the_ledger_only_grows",
        TERMS,
    ),
    "subscriptions.MrrChange change_follows_the_last": (
        f"{SUBS}test_models.py::test_a_change_is_of_its_kind_and_follows_the_last",
        f"{SUBS}test_ledger.py::test_a_clock_that_is_behind_does_not_turn_the_ledger_back",
    ),
    "subscriptions.MrrChange change_is_of_its_kind": (
        f"{SUBS}test_models.py::test_a_change_is_of_its_kind_and_follows_the_last",
        f"{SUBS}test_ledger.py::test_a_change_is_called_what_it_is",
    ),
    "subscriptions.MrrChange change_new_only_once": (
        f"{SUBS}test_models.py::test_a_subscription_is_new_only_once",
        f"{SUBS}test_services.py::test_going_back_and_forth_is_told_by_the_ledger",
    ),
    "subscriptions.MrrChange change_reaches_its_subscription": (
        f"{SUBS}test_models.py::test_mrr_and_ledger_move_together",
        f"{SUBS}test_services.py::test_going_back_and_forth_is_told_by_the_ledger",
    ),
    "subscriptions.Plan plan_amounts_positive": (
        f"{SUBS}test_models.py::test_a_plan_makes_sense",
        f"{NO_SERVICE}plans are made by seeding only",
    ),
    "subscriptions.Plan plan_currency_is_iso": (
        f"{SUBS}test_models.py::test_a_plan_makes_sense",
        f"{NO_SERVICE}plans are made by seeding only",
    ),
    "subscriptions.Plan plan_interval_is_known": (
        f"{SUBS}test_models.py::test_a_plan_makes_sense",
        WORDS,
    ),
    "subscriptions.Plan plan_on_sale_is_charged_exactly": (
        f"{SUBS}test_models.py::test_no_plan_is_on_sale_in_a_currency_that_stripe_charges_in_steps",
        f"{SUBS}test_plans.py::test_plan_that_makes_no_sense_is_refused_audited_and_not_there",
    ),
    "subscriptions.Plan plan_price_fixed": (
        f"{SUBS}test_models.py::test_the_price_of_a_plan_never_changes",
        f"{SUBS}test_starting.py::test_a_price_at_stripe_that_is_another_one_is_never_sold",
    ),
    "subscriptions.Start start_one_open_each": (
        f"{SUBS}test_models.py::test_a_customer_has_one_open_page_for_a_plan",
        f"{SUBS}test_starting.py::test_asking_twice_leads_to_the_same_page",
    ),
    "subscriptions.Start start_status_is_known": (
        f"{SUBS}test_models.py::test_a_customer_has_one_open_page_for_a_plan",
        WORDS,
    ),
    "subscriptions.Start start_terms_fixed": (
        f"{SUBS}test_models.py::test_a_customer_has_one_open_page_for_a_plan",
        TERMS,
    ),
    "subscriptions.Subscription subscription_currency_is_iso": (
        f"{SUBS}test_models.py::test_a_currency_is_three_capital_letters",
        f"{NO_SERVICE}the currency is Stripe's",
    ),
    "subscriptions.Subscription subscription_ends_for_good": (
        f"{SUBS}test_models.py::test_only_an_ended_subscription_keeps_its_status",
        f"{SUBS}test_services.py::test_updated_after_deleted_stays_at_nothing",
    ),
    "subscriptions.Subscription subscription_mrr_is_its_ledger": (
        f"{SUBS}test_models.py::test_mrr_and_ledger_move_together",
        f"{SUBS}test_services.py::test_going_back_and_forth_is_told_by_the_ledger",
    ),
    "subscriptions.Subscription subscription_mrr_not_negative": (
        f"{SUBS}test_models.py::test_mrr_is_never_negative",
        f"{SUBS}test_mrr.py::"
        "test_discounts_and_tax_only_ever_take_away_and_never_more_than_there_is",
    ),
    "subscriptions.Subscription subscription_status_is_known": (
        f"{SUBS}test_models.py::test_an_unknown_status_is_refused",
        f"{SUBS}test_services.py::test_a_word_that_nobody_knows_is_for_a_person_to_look_at",
    ),
    "subscriptions.Subscription subscription_terms_fixed": (
        f"{SUBS}test_models.py::test_the_terms_of_a_subscription_never_change",
        f"{SUBS}test_services.py::test_another_currency_than_before_is_for_a_person_to_look_at",
    ),
    "subscriptions.SubscriptionItem item_amounts_not_negative": (
        f"{SUBS}test_models.py::test_an_item_makes_sense",
        f"{NO_SERVICE}the amounts are Stripe's",
    ),
    "subscriptions.SubscriptionItem item_interval_is_known": (
        f"{SUBS}test_models.py::test_an_item_makes_sense",
        f"{SUBS}test_services.py::test_a_word_that_nobody_knows_is_for_a_person_to_look_at",
    ),
    "subscriptions.SubscriptionItem item_keeps_a_part": (
        f"{SUBS}test_models.py::test_an_item_makes_sense",
        f"{SUBS}test_mrr.py::"
        "test_discounts_and_tax_only_ever_take_away_and_never_more_than_there_is",
    ),
    "webhooks.StripeEvent event_status_is_known": (
        "webhooks/test_models.py::test_an_unknown_status_is_refused",
        WORDS,
    ),
    "webhooks.StripeRecord record_kind_is_known": (
        "webhooks/test_models.py::test_a_record_of_an_unknown_kind_is_refused",
        WORDS,
    ),
    # Columns that hold each value once.
    "accounts.User username": (
        "accounts/test_models.py::test_two_people_never_share_a_name",
        f"{NO_SERVICE}people are made by seeding only",
    ),
    "audit.Entry hash": (
        "audit/test_models.py::test_no_two_entries_have_the_same_hash",
        "audit/test_services.py::test_eight_writers_at_once_leave_an_unbroken_chain",
    ),
    "audit.Entry previous_hash": (
        "audit/test_models.py::test_two_entries_cannot_follow_the_same_one",
        "audit/test_services.py::test_eight_writers_at_once_leave_an_unbroken_chain",
    ),
    "catalog.Product slug": (
        "catalog/test_models.py::test_two_products_never_share_a_slug",
        f"{NO_SERVICE}products are made by seeding only",
    ),
    "monitoring.Issue fingerprint": (
        "monitoring/test_services.py::test_the_database_refuses_a_second_row_for_one_mismatch",
        "monitoring/test_services.py::test_the_same_finding_is_the_same_issue_seen_again",
    ),
    "orders.Order form_key": (
        "orders/test_models.py::test_one_form_places_one_order",
        "orders/test_services.py::test_one_form_sent_four_times_at_once_places_one_order",
    ),
    "payments.Dispute stripe_dispute_id": (
        "payments/test_disputes.py::test_a_dispute_that_cannot_be_is_refused",
        "payments/test_disputes.py::test_recording_twice_changes_nothing",
    ),
    "payments.Payment idempotency_key": (
        "payments/test_models.py::test_ids_and_keys_are_unique",
        f"{MONEY}test_an_unknown_outcome_is_asked_again_with_the_same_key",
    ),
    "payments.Payment stripe_intent_id": (
        "payments/test_models.py::test_ids_and_keys_are_unique",
        f"{MONEY}test_facts_that_disagree_are_refused_and_written_nowhere",
    ),
    "payments.Payment stripe_session_id": (
        "payments/test_models.py::test_ids_and_keys_are_unique",
        f"{MONEY}test_paying_again_comes_back_to_the_same_open_page",
    ),
    "refunds.Refund idempotency_key": (
        "refunds/test_models.py::test_ids_and_keys_are_unique",
        f"{BACK}test_one_form_sent_four_times_at_once_refunds_once",
    ),
    "refunds.Refund stripe_refund_id": (
        "refunds/test_models.py::test_ids_and_keys_are_unique",
        f"{BACK}test_a_refund_made_in_stripes_dashboard_is_recorded_once",
    ),
    "subscriptions.Plan slug": (
        f"{SUBS}test_models.py::test_two_plans_share_neither_slug_nor_price_at_stripe",
        f"{NO_SERVICE}plans are made by seeding only",
    ),
    "subscriptions.Plan stripe_price_id": (
        f"{SUBS}test_models.py::test_two_plans_share_neither_slug_nor_price_at_stripe",
        f"{SUBS}test_starting.py::test_a_price_at_stripe_that_is_another_one_is_never_sold",
    ),
    "subscriptions.Start idempotency_key": (
        f"{SUBS}test_models.py::test_a_customer_has_one_open_page_for_a_plan",
        f"{SUBS}test_starting.py::test_after_an_unknown_outcome_the_same_key_is_used_again",
    ),
    "subscriptions.Start stripe_session_id": (
        f"{SUBS}test_models.py::test_a_page_at_stripe_belongs_to_one_wish",
        f"{SUBS}test_starting.py::test_asking_twice_leads_to_the_same_page",
    ),
    "subscriptions.Subscription stripe_subscription_id": (
        f"{SUBS}test_models.py::test_a_subscription_is_there_once",
        f"{SUBS}test_services.py::test_the_same_news_again_changes_nothing",
    ),
    "subscriptions.SubscriptionItem stripe_item_id": (
        f"{SUBS}test_models.py::test_an_item_is_there_once",
        f"{SUBS}test_services.py::test_items_are_those_that_stripe_has",
    ),
    "webhooks.StripeEvent stripe_id": (
        "webhooks/test_models.py::test_an_event_is_kept_once",
        "webhooks/test_views.py::test_the_same_event_again_is_answered_and_kept_once",
    ),
    "webhooks.StripeRecord stripe_id": (
        "webhooks/test_models.py::test_an_object_has_one_record",
        "webhooks/test_reconcile.py::test_an_older_answer_never_replaces_a_newer_one",
    ),
}

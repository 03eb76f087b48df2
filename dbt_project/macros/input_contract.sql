{#
  What the input contract (leadline/kernel/entities) says that SQL needs: per entity its system, owner, freshness, key,
  money columns and references. A test keeps the two equal.
#}
{% macro input_contract() -%}
    {{ return({
        'account': {
            'system': 'crm', 'owner': 'sales', 'domain': 'customer_master', 'freshness_hours': 24,
            'key': ['account_id'], 'has_currency': False,
            'money': [],
            'references': {
                'master_account_id': 'account', 'parent_account_id': 'account', 'owner_id': 'person'
            },
        },
        'account_match': {
            'system': 'mdm', 'owner': 'sales', 'domain': 'customer_master', 'freshness_hours': 720,
            'key': ['left_account_id', 'right_account_id', 'judge'], 'has_currency': False,
            'money': [],
            'references': {'left_account_id': 'account', 'right_account_id': 'account'},
        },
        'assignment': {
            'system': 'erp', 'owner': 'delivery', 'domain': 'resource_planning', 'freshness_hours': 24,
            'key': ['assignment_id'], 'has_currency': False,
            'money': [],
            'references': {
                'project_id': 'project', 'opportunity_id': 'opportunity', 'request_id': 'staffing_request',
                'person_id': 'person'
            },
        },
        'billing_schedule': {
            'system': 'erp', 'owner': 'finance', 'domain': 'billing_rules', 'freshness_hours': 24,
            'key': ['schedule_id'], 'has_currency': True,
            'money': ['amount'],
            'references': {
                'contract_id': 'contract', 'contract_line_id': 'contract_line', 'change_order_id': 'change_order',
                'milestone_id': 'milestone', 'invoice_line_id': 'invoice_line'
            },
        },
        'capacity_series': {
            'system': 'hris', 'owner': 'people', 'domain': 'resource_planning', 'freshness_hours': 1080,
            'key': ['role', 'region', 'period_start'], 'has_currency': False,
            'money': [],
            'references': {},
        },
        'change_order': {
            'system': 'crm', 'owner': 'delivery', 'domain': 'contract_terms', 'freshness_hours': 24,
            'key': ['change_order_id'], 'has_currency': True,
            'money': ['value_change', 'cost_change'],
            'references': {
                'project_id': 'project', 'contract_id': 'contract', 'contract_line_id': 'contract_line'
            },
        },
        'contact': {
            'system': 'crm', 'owner': 'sales', 'domain': 'customer_master', 'freshness_hours': 24,
            'key': ['contact_id'], 'has_currency': False,
            'money': [],
            'references': {'account_id': 'account'},
        },
        'contract': {
            'system': 'erp', 'owner': 'finance', 'domain': 'contract_terms', 'freshness_hours': 24,
            'key': ['contract_id'], 'has_currency': True,
            'money': ['total_value', 'not_to_exceed'],
            'references': {
                'account_id': 'account', 'legal_entity_id': 'legal_entity', 'opportunity_id': 'opportunity'
            },
        },
        'contract_amendment': {
            'system': 'crm', 'owner': 'sales', 'domain': 'contract_terms', 'freshness_hours': 24,
            'key': ['amendment_id'], 'has_currency': True,
            'money': ['value_change'],
            'references': {'contract_id': 'contract'},
        },
        'contract_line': {
            'system': 'erp', 'owner': 'finance', 'domain': 'contract_terms', 'freshness_hours': 24,
            'key': ['contract_line_id'], 'has_currency': True,
            'money': ['amount', 'recurring_amount', 'not_to_exceed'],
            'references': {'contract_id': 'contract', 'project_id': 'project'},
        },
        'cost_rate': {
            'system': 'hris', 'owner': 'finance', 'domain': 'resource_cost_rates', 'freshness_hours': 168,
            'key': ['cost_rate_id'], 'has_currency': True,
            'money': [],
            'references': {'person_id': 'person'},
        },
        'credit_note': {
            'system': 'erp', 'owner': 'finance', 'domain': 'billing', 'freshness_hours': 24,
            'key': ['credit_note_id'], 'has_currency': True,
            'money': ['amount'],
            'references': {'invoice_id': 'invoice'},
        },
        'currency_rate': {
            'system': 'erp', 'owner': 'finance', 'domain': 'currency_rates', 'freshness_hours': 48,
            'key': ['from_currency', 'to_currency', 'rate_date'], 'has_currency': False,
            'money': [],
            'references': {},
        },
        'decision': {
            'system': 'queue', 'owner': 'operations', 'domain': 'decisions', 'freshness_hours': 24,
            'key': ['decision_id'], 'has_currency': True,
            'money': ['value_recovered'],
            'references': {},
        },
        'discount_approval': {
            'system': 'crm', 'owner': 'sales', 'domain': 'commercial', 'freshness_hours': 24,
            'key': ['approval_id'], 'has_currency': False,
            'money': [],
            'references': {'quote_id': 'quote', 'approver_id': 'person'},
        },
        'dispute': {
            'system': 'erp', 'owner': 'finance', 'domain': 'billing', 'freshness_hours': 24,
            'key': ['dispute_id'], 'has_currency': True,
            'money': ['amount'],
            'references': {'invoice_id': 'invoice'},
        },
        'expense': {
            'system': 'timesheet', 'owner': 'finance', 'domain': 'time_and_expense', 'freshness_hours': 24,
            'key': ['expense_id'], 'has_currency': True,
            'money': ['amount'],
            'references': {
                'person_id': 'person', 'project_id': 'project', 'contract_line_id': 'contract_line', 'approver_id':
                'person', 'invoice_line_id': 'invoice_line'
            },
        },
        'holiday': {
            'system': 'hris', 'owner': 'people', 'domain': 'calendars', 'freshness_hours': 720,
            'key': ['calendar_id', 'holiday_date'], 'has_currency': False,
            'money': [],
            'references': {},
        },
        'integration_message': {
            'system': 'integration', 'owner': 'integration', 'domain': 'integration_health', 'freshness_hours': 24,
            'key': ['message_id'], 'has_currency': False,
            'money': [],
            'references': {},
        },
        'invoice': {
            'system': 'erp', 'owner': 'finance', 'domain': 'billing', 'freshness_hours': 24,
            'key': ['invoice_id'], 'has_currency': True,
            'money': ['amount', 'tax_amount'],
            'references': {
                'account_id': 'account', 'legal_entity_id': 'legal_entity', 'contract_id': 'contract', 'project_id':
                'project'
            },
        },
        'invoice_line': {
            'system': 'erp', 'owner': 'finance', 'domain': 'billing', 'freshness_hours': 24,
            'key': ['invoice_line_id'], 'has_currency': True,
            'money': ['amount'],
            'references': {
                'invoice_id': 'invoice', 'contract_line_id': 'contract_line', 'project_id': 'project',
                'change_order_id': 'change_order', 'person_id': 'person'
            },
        },
        'leave': {
            'system': 'hris', 'owner': 'people', 'domain': 'calendars', 'freshness_hours': 24,
            'key': ['leave_id'], 'has_currency': False,
            'money': [],
            'references': {'person_id': 'person'},
        },
        'legal_entity': {
            'system': 'erp', 'owner': 'finance', 'domain': 'legal_entities', 'freshness_hours': 168,
            'key': ['legal_entity_id'], 'has_currency': False,
            'money': [],
            'references': {},
        },
        'milestone': {
            'system': 'erp', 'owner': 'delivery', 'domain': 'billing_rules', 'freshness_hours': 24,
            'key': ['milestone_id'], 'has_currency': True,
            'money': ['amount'],
            'references': {
                'project_id': 'project', 'contract_line_id': 'contract_line', 'invoice_line_id': 'invoice_line'
            },
        },
        'opportunity': {
            'system': 'crm', 'owner': 'sales', 'domain': 'commercial', 'freshness_hours': 24,
            'key': ['opportunity_id'], 'has_currency': True,
            'money': ['amount'],
            'references': {
                'account_id': 'account', 'owner_id': 'person', 'legal_entity_id': 'legal_entity'
            },
        },
        'opportunity_event': {
            'system': 'crm', 'owner': 'sales', 'domain': 'commercial', 'freshness_hours': 24,
            'key': ['event_id'], 'has_currency': False,
            'money': [],
            'references': {'opportunity_id': 'opportunity'},
        },
        'opportunity_role_demand': {
            'system': 'crm', 'owner': 'delivery', 'domain': 'commercial', 'freshness_hours': 24,
            'key': ['demand_id'], 'has_currency': False,
            'money': [],
            'references': {'opportunity_id': 'opportunity'},
        },
        'payment': {
            'system': 'erp', 'owner': 'finance', 'domain': 'cash', 'freshness_hours': 24,
            'key': ['payment_id'], 'has_currency': True,
            'money': ['amount'],
            'references': {'invoice_id': 'invoice'},
        },
        'person': {
            'system': 'hris', 'owner': 'people', 'domain': 'resource_cost_rates', 'freshness_hours': 24,
            'key': ['person_id'], 'has_currency': False,
            'money': [],
            'references': {'legal_entity_id': 'legal_entity', 'manager_id': 'person'},
        },
        'person_skill': {
            'system': 'hris', 'owner': 'people', 'domain': 'resource_planning', 'freshness_hours': 168,
            'key': ['person_id', 'skill_id'], 'has_currency': False,
            'money': [],
            'references': {'person_id': 'person', 'skill_id': 'skill'},
        },
        'project': {
            'system': 'erp', 'owner': 'delivery', 'domain': 'project_identifiers', 'freshness_hours': 24,
            'key': ['project_id'], 'has_currency': True,
            'money': [],
            'references': {
                'account_id': 'account', 'contract_id': 'contract', 'opportunity_id': 'opportunity',
                'legal_entity_id': 'legal_entity', 'manager_id': 'person'
            },
        },
        'project_budget': {
            'system': 'erp', 'owner': 'delivery', 'domain': 'project_identifiers', 'freshness_hours': 168,
            'key': ['budget_id'], 'has_currency': True,
            'money': ['budget_cost', 'budget_revenue'],
            'references': {'project_id': 'project'},
        },
        'project_status': {
            'system': 'erp', 'owner': 'delivery', 'domain': 'project_identifiers', 'freshness_hours': 168,
            'key': ['status_id'], 'has_currency': True,
            'money': ['actual_cost', 'etc_cost', 'forecast_cost'],
            'references': {'project_id': 'project'},
        },
        'purchase_order': {
            'system': 'erp', 'owner': 'delivery', 'domain': 'project_identifiers', 'freshness_hours': 24,
            'key': ['purchase_order_id'], 'has_currency': True,
            'money': ['amount'],
            'references': {'project_id': 'project'},
        },
        'quote': {
            'system': 'crm', 'owner': 'sales', 'domain': 'commercial', 'freshness_hours': 24,
            'key': ['quote_id'], 'has_currency': True,
            'money': ['amount'],
            'references': {'opportunity_id': 'opportunity'},
        },
        'rate_card': {
            'system': 'erp', 'owner': 'finance', 'domain': 'billing_rules', 'freshness_hours': 24,
            'key': ['rate_id'], 'has_currency': True,
            'money': [],
            'references': {'contract_id': 'contract', 'person_id': 'person'},
        },
        'revenue_schedule': {
            'system': 'erp', 'owner': 'finance', 'domain': 'revenue_schedules', 'freshness_hours': 24,
            'key': ['revenue_id'], 'has_currency': True,
            'money': ['amount'],
            'references': {'contract_id': 'contract', 'contract_line_id': 'contract_line'},
        },
        'skill': {
            'system': 'hris', 'owner': 'people', 'domain': 'resource_planning', 'freshness_hours': 720,
            'key': ['skill_id'], 'has_currency': False,
            'money': [],
            'references': {'parent_skill_id': 'skill'},
        },
        'staffing_proposal': {
            'system': 'erp', 'owner': 'delivery', 'domain': 'resource_planning', 'freshness_hours': 24,
            'key': ['proposal_id'], 'has_currency': False,
            'money': [],
            'references': {'request_id': 'staffing_request', 'person_id': 'person'},
        },
        'staffing_request': {
            'system': 'erp', 'owner': 'delivery', 'domain': 'resource_planning', 'freshness_hours': 24,
            'key': ['request_id'], 'has_currency': False,
            'money': [],
            'references': {'project_id': 'project', 'opportunity_id': 'opportunity'},
        },
        'staffing_request_skill': {
            'system': 'erp', 'owner': 'delivery', 'domain': 'resource_planning', 'freshness_hours': 24,
            'key': ['request_id', 'skill_id'], 'has_currency': False,
            'money': [],
            'references': {'request_id': 'staffing_request', 'skill_id': 'skill'},
        },
        'subcontractor_cost': {
            'system': 'erp', 'owner': 'delivery', 'domain': 'project_identifiers', 'freshness_hours': 24,
            'key': ['cost_id'], 'has_currency': True,
            'money': ['amount'],
            'references': {'project_id': 'project', 'purchase_order_id': 'purchase_order'},
        },
        'task': {
            'system': 'erp', 'owner': 'delivery', 'domain': 'project_identifiers', 'freshness_hours': 24,
            'key': ['task_id'], 'has_currency': False,
            'money': [],
            'references': {'project_id': 'project', 'contract_line_id': 'contract_line'},
        },
        'time_entry': {
            'system': 'timesheet', 'owner': 'delivery', 'domain': 'time_and_expense', 'freshness_hours': 24,
            'key': ['time_entry_id'], 'has_currency': False,
            'money': [],
            'references': {
                'person_id': 'person', 'project_id': 'project', 'task_id': 'task', 'contract_line_id':
                'contract_line', 'approver_id': 'person', 'invoice_line_id': 'invoice_line'
            },
        }
    }) }}
{%- endmacro %}

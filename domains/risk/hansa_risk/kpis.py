"""The KPIs of ``risk.fraud``: what each one says, its formula, what it is compared with and the product that has it."""

from __future__ import annotations

from typing import Literal

from hansa.products import Kpi

RULES_ONLY = "five rules without a model (hansa_risk/rules.py), same days, lists and snoozes, as many alerts a day"


def _kpi(
    name: str,
    title: str,
    title_zh: str,
    formula: str,
    target: float | None,
    direction: Literal["at least", "at most"] = "at least",
    unit: str = "share",
    baseline: str = RULES_ONLY,
) -> Kpi:
    """A KPI of this module, measured by ``risk.fraud_kpis``: a share of labelled rows, unless told otherwise."""
    return Kpi(
        id=f"risk.fraud.{name}",
        title=title,
        title_zh=title_zh,
        formula=formula,
        unit=unit,
        target=target,
        direction=direction,
        baseline=baseline,
        obtained="measured",
        measured_by="risk.fraud_kpis",
    )


KPIS = (
    _kpi(
        "auc", "Area under the ROC curve", "ROC 曲线下面积", "P(score of a fraud > score of another), ties half", 0.865
    ),
    _kpi(
        "average_precision",
        "Average precision",
        "平均精确率",
        "sum over distinct thresholds of precision x recall gained",
        0.70,
    ),
    _kpi(
        "card_precision_at_100",
        "Card precision at 100",
        "前 100 张卡精确率",
        "mean over days of: cards with fraud among the 100 highest / 100, found cards taken out",
        None,
    ),
    # Says little alone: whoever alerts nobody is right in all but the share of fraud. It stands beside the next two.
    _kpi(
        "accuracy",
        "Accuracy of the decision",
        "决策准确率",
        "alerts on fraud and passes of others / all, payers caught on an earlier day taken out",
        0.98,
    ),
    _kpi(
        "precision",
        "Precision of the alerts",
        "预警精确率",
        "alerts on fraud / alerts, payers caught on an earlier day taken out",
        None,
    ),
    _kpi(
        "recall",
        "Recall within capacity",
        "容量内召回率",
        "frauds with an alert / frauds, payers caught on an earlier day taken out",
        None,
    ),
    _kpi(
        "lost_share",
        "Fraud amount not stopped",
        "未拦截欺诈金额占比",
        "amount of frauds without an alert, by payers not caught on an earlier day / amount of frauds",
        None,
        direction="at most",
    ),
    _kpi(
        "loss",
        "Fraud loss against rules only",
        "欺诈损失较纯规则基线的变化",
        "fraud amount not stopped within capacity / the same under the rules-only baseline - 1",
        -0.40,
        direction="at most",
    ),
    _kpi(
        "score_drift",
        "Largest drift of the score on a day",
        "评分单日最大漂移（PSI）",
        "max over days of: sum over classes of (share of the day - share in training) x ln of their ratio",
        0.25,
        direction="at most",
        unit="index",
        baseline="the rows that the model learned from, at zero by itself",
    ),
)

import { CfnBudget } from 'aws-cdk-lib/aws-budgets';
import type { Construct } from 'constructs';
import type { Config } from '../../config/schema.ts';

/** At most ten addresses a notification. Source: AWS::Budgets::Budget, NotificationWithSubscribers, read 2026-11. */
const NOTIFICATIONS = [
  { notificationType: 'ACTUAL', threshold: 80 },
  { notificationType: 'FORECASTED', threshold: 100 },
] as const;

/**
 * Tells the recipients by e-mail when the account's month costs more than was thought. Makes nothing without a sum. A
 * budget is the account's, of no region; CloudFormation makes none in some, so it stands in the edge stack's.
 */
export function addSpendingBudget(scope: Construct, id: string, { prefix, alarms }: Config): void {
  const { monthlyBudgetUsd, recipients } = alarms;
  if (monthlyBudgetUsd === undefined) return;
  const subscribers = recipients.map((address) => ({ subscriptionType: 'EMAIL', address }));
  new CfnBudget(scope, id, {
    budget: {
      budgetName: `${prefix}-monthly-budget`,
      budgetType: 'COST',
      timeUnit: 'MONTHLY',
      budgetLimit: { amount: monthlyBudgetUsd, unit: 'USD' },
    },
    ...(subscribers.length > 0
      ? {
          notificationsWithSubscribers: NOTIFICATIONS.map((notification) => ({
            notification: {
              ...notification,
              comparisonOperator: 'GREATER_THAN',
              thresholdType: 'PERCENTAGE',
            },
            subscribers,
          })),
        }
      : {}),
  });
}

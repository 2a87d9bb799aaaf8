"""Publishing a model from the Faces page. Knows no run and no Hub."""

from __future__ import annotations

TABLE: dict[str, tuple[str, str]] = {
    "Publish the model of the tab Train": ("發佈「訓練」分頁的模型", "发布“训练”标签页的模型"),
    "It goes to a repository of yours on the Hugging Face Hub: averaged weights, a model card and a preview. "
    "The token is used once and not kept.": (
        "它會放到你在 Hugging Face Hub 上的儲存庫：平均權重、模型卡與預覽圖。權杖只用一次，不會保留。",
        "它会放到你在 Hugging Face Hub 上的仓库：平均权重、模型卡与预览图。令牌只用一次，不会保留。",
    ),
    "Published: {address}": ("已發佈：{address}", "已发布：{address}"),
    "There is no model to publish yet: open the tab Train and let one learn first.": (
        "還沒有可以發佈的模型：先開啟「訓練」分頁，讓一個模型學習。",
        "还没有可以发布的模型：先打开“训练”标签页，让一个模型学习。",
    ),
    "Publish as": ("發佈為", "发布为"),
    "Publish": ("發佈", "发布"),
    "Your access token": ("你的存取權杖", "你的访问令牌"),
    "Only I may see it": ("只有我看得到", "只有我能看到"),
    "token: allowed is an access token of yours that may write, from your settings on the Hub; it is used once "
    "and not kept.": (
        "token：需要一個你自己的、可寫入的存取權杖，在 Hub 的設定裡取得；只用一次，不會保留。",
        "token：需要一个你自己的、可写入的访问令牌，在 Hub 的设置里获取；只用一次，不会保留。",
    ),
    "updates = {count:,}: train for at least {least} before you publish.": (
        "更新次數 = {count:,}：至少訓練 {least} 次才能發佈。",
        "更新次数 = {count:,}：至少训练 {least} 次才能发布。",
    ),
}

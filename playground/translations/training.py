"""The tab Train of the Faces page: settings, strips, sentences, curves. Knows no run."""

from __future__ import annotations

TABLE: dict[str, tuple[str, str]] = {
    # -- the panel
    "What D and G each lower.": ("D 與 G 各自要降低的。", "D 与 G 各自要降低的。"),
    "Learning rate": ("學習率", "学习率"),
    "How far one update moves.": ("一次更新走多遠。", "一次更新走多远。"),
    "Faces in a batch": ("每批的臉數", "每批的脸数"),
    "Draw with the weights": ("用哪些權重畫", "用哪些权重画"),
    "as they are now": ("目前的", "当前的"),
    "averaged over time": ("隨時間平均的", "随时间平均的"),
    "The average follows whole iterations and is steadier.": (
        "平均跟隨完整的迭代，比較穩定。", "平均跟随完整的迭代，比较稳定。"),
    "Faces to learn from": ("要學的臉", "要学的脸"),
    "Take faces": ("取用的臉", "取用的脸"),
    "of this server": ("這台伺服器的", "这台服务器的"),
    "drawn by the bundled GAN": ("由所附 GAN 畫出", "由所附 GAN 画出"),
    "uploaded": ("上傳的", "上传的"),
    "Upload images": ("上傳圖片", "上传图片"),
    "A data set on the Hugging Face Hub": ("Hugging Face Hub 上的資料集", "Hugging Face Hub 上的数据集"),
    "user/name, public, with a column image.": ("user/name，公開，有 image 欄。", "user/name，公开，有 image 列。"),
    "Open it": ("開啟", "打开"),
    # -- waiting
    "The faces to learn from are being fetched …": ("正在取得要學的臉…", "正在获取要学的脸…"),
    "The bundled GAN draws {count:,} faces to learn from, once for all visitors: {done:,} so far.": (
        "所附的 GAN 正在畫 {count:,} 張要學的臉，所有訪客共用一次：目前 {done:,} 張。",
        "所附的 GAN 正在画 {count:,} 张要学的脸，所有访客共用一次：目前 {done:,} 张。"),
    "There are no faces to learn from yet: upload images or name a data set, in the panel.": (
        "還沒有要學的臉：請在面板上傳圖片，或指定資料集。", "还没有要学的脸：请在面板上传图片，或指定数据集。"),
    "Going back, step by step …": ("正在一步一步退回…", "正在一步一步退回…"),
    # -- strips
    "Real faces": ("真實臉", "真实脸"),
    "The number is D, the chance it gives this face of being real.": (
        "數字是 D：它認為這張臉為真的機率。", "数字是 D：它认为这张脸为真的概率。"),
    "Generated faces": ("生成的臉", "生成的脸"),
    "Each keeps its own z. Look for faces whose bar turns green: there G fools D.": (
        "每張保有自己的 z。看哪些臉的橫條變綠：那裡 G 騙過了 D。", "每张保有自己的 z。看哪些脸的横条变绿：那里 G 骗过了 D。"),
    "Generated from their codes": ("由它們的碼生成", "由它们的码生成"),
    "Compare with the face above. The number is the error, 0 to 1: look for what is lost.": (
        "與上面的臉比較。數字是誤差，0 到 1：看少了什麼。", "与上面的脸比较。数字是误差，0 到 1：看少了什么。"),
    "Generated from random codes": ("由隨機碼生成", "由随机码生成"),
    "Codes from the prior N(0, I). Look for faces everywhere, but blurred ones.": (
        "碼來自先驗 N(0, I)。處處是臉，但模糊。", "码来自先验 N(0, I)。处处是脸，但模糊。"),
    "From a Gaussian fitted to real faces' codes. Look at what falls apart: the decoder never saw these.": (
        "來自對真實臉的碼擬合的高斯。看什麼散掉了：解碼器從沒見過這些碼。",
        "来自对真实脸的码拟合的高斯。看什么散掉了：解码器从没见过这些码。"),
    # -- sentences
    "Iteration {now:,}: D gives real faces {real:.2f} and generated faces {generated:.2f}.": (
        "第 {now:,} 次迭代：D 給真實臉 {real:.2f}、生成臉 {generated:.2f}。",
        "第 {now:,} 次迭代：D 给真实脸 {real:.2f}、生成脸 {generated:.2f}。"),
    "D updated: it now gives real faces {real:.2f} and generated faces {generated:.2f}.": (
        "D 已更新：現在給真實臉 {real:.2f}、生成臉 {generated:.2f}。", "D 已更新：现在给真实脸 {real:.2f}、生成脸 {generated:.2f}。"),
    "G updated: D now gives its faces {generated:.2f}.": (
        "G 已更新：D 現在給它的臉 {generated:.2f}。", "G 已更新：D 现在给它的脸 {generated:.2f}。"),
    "Iteration {now:,}: reconstruction error {reconstruction:.3f}.": (
        "第 {now:,} 次迭代：重建誤差 {reconstruction:.3f}。", "第 {now:,} 次迭代：重建误差 {reconstruction:.3f}。"),
    "Iteration {now:,}: reconstruction error {reconstruction:.3f}, KL {kl:.1f} nats.": (
        "第 {now:,} 次迭代：重建誤差 {reconstruction:.3f}，KL {kl:.1f} nats。",
        "第 {now:,} 次迭代：重建误差 {reconstruction:.3f}，KL {kl:.1f} nats。"),
    "Rewound to iteration {iteration:,}, the last moment at which every weight is finite.": (
        "已回到第 {iteration:,} 次迭代，也就是所有權重都有限的最後時刻。",
        "已回到第 {iteration:,} 次迭代，也就是所有权重都有限的最后时刻。"),
    "The update of {network} alone": ("{network} 單獨的更新", "{network} 单独的更新"),
    "{what} diverged: the weights of {network} are no longer finite. The faces are those of iteration {at:,}, "
    "the last good one; choose a smaller learning rate, or undo.": (
        "{what}發散：{network} 的權重不再有限。畫面是第 {at:,} 次迭代的臉，最後一次正常的；請選較小的學習率，或復原。",
        "{what}发散：{network} 的权重不再有限。画面是第 {at:,} 次迭代的脸，最后一次正常的；请选较小的学习率，或撤销。"),
    "the encoder": ("編碼器", "编码器"),
    "{count:,} faces of {side} x {side}, {kind} on {device}": (
        "{count:,} 張 {side} x {side} 的臉，{kind}，{device}", "{count:,} 张 {side} x {side} 的脸，{kind}，{device}"),
    # -- numbers and curves
    "error": ("誤差", "误差"),
    "KL of the code, nats": ("碼的 KL（nats）", "码的 KL（nats）"),
    "error of reconstruction": ("重建誤差", "重建误差"),
    "Mean of D over the real faces shown.": ("D 在所示真實臉上的平均。", "D 在所示真实脸上的平均。"),
    "Mean of D over the generated faces shown.": ("D 在所示生成臉上的平均。", "D 在所示生成脸上的平均。"),
    "The loss that D lowers, on the last batch, without its gradient penalty.": (
        "D 要降低的損失，在最後一批上，不含梯度懲罰。", "D 要降低的损失，在最后一批上，不含梯度惩罚。"),
    "The loss that G lowers, on the last batch.": ("G 要降低的損失，在最後一批上。", "G 要降低的损失，在最后一批上。"),
    "Root mean square difference from the real face, of pixels from 0 to 1; mean over the faces shown.": (
        "與真實臉之差的均方根，像素值 0 到 1；所示各臉的平均。", "与真实脸之差的均方根，像素值 0 到 1；所示各脸的平均。"),
    "Real faces shown to the networks so far.": ("至今給網路看過的真實臉數。", "至今给网络看过的真实脸数。"),
    "mean D": ("平均 D", "平均 D"),
    "mean error": ("平均誤差", "平均误差"),
    "{title}: {count} faces at iteration {iteration}{said}.": (
        "{title}：第 {iteration} 次迭代的 {count} 張臉{said}。", "{title}：第 {iteration} 次迭代的 {count} 张脸{said}。"),
    "{names} over {last} iterations": ("{names}，共 {last} 次迭代", "{names}，共 {last} 次迭代"),
}  # fmt: skip
